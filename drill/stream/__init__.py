"""The stream between the regions, on one machine: TLS in PostgreSQL's place, delay, and cuts."""
