"""Measured figures: what a report shows, their one home docs/measured.json, and tables of it."""
