"""What came of one way to fence a site from outside."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FenceAttempt:
    """One way that was tried, and whether the site can no longer answer clients now."""

    way: str
    """`instances stopped` or `PostgreSQL stopped`."""
    worked: bool
    """Whether its effect was seen, not only asked for."""
    detail: str
