"""Losses of a region at random moments, with every mode of replication side by side."""
