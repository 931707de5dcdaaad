"""The HTTP endpoint that kubectl asks, and how it is made to fail."""
