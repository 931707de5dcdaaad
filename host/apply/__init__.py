"""Brings the objects of a bundle into the API, and takes out what left it."""
