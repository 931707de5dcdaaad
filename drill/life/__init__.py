"""`make life`: what becomes of a deployment that fails, is repeated, replaced, or destroyed."""
