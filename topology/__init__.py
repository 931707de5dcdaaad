"""What to build: the frozen, validated model of the two sites, their names and their versions."""
