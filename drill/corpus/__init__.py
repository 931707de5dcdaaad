"""Awkward databases, through dump, restore, point in time and verification."""
