"""How fast an archive takes WAL and gives it back, against what pgbench writes."""
