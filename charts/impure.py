"""The error of a manifest that could not be applied as it is."""


class Impure(Exception):  # noqa: N818 (an adjective that reads well where it is raised)
    """A manifest holds a CDK token or a placeholder that nobody replaces."""
