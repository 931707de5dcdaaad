"""AWS' own names, one address each: what a client of a region meets is decided by the network."""
