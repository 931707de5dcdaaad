"""One authority for both sites, and what it issues to this site."""
