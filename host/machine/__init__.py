"""The machine behind small Protocols, and what every verb needs of it."""
