"""The thin edges: a site through AWS' own APIs and the host program's verbs."""
