"""One HTML file that needs nothing else, not even a network: frame, style and plots.

The report of `pgtwin` and the drill's are made with it.
"""
