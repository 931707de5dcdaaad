"""Verifies that the backups of a site's bucket can be used, and writes the evidence."""
