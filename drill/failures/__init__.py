"""Every command against every way in which a region fails, at every moment."""
