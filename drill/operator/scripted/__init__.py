"""The operator without PostgreSQL behind it: `behaviour` on simulated instances."""
