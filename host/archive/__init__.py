"""Base backups, WAL and dumps in the buckets."""
