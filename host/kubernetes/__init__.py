"""The objects of the site, through kubectl."""
