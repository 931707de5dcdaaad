"""The truth as clients see it: what was acknowledged, and what is there afterwards."""
