"""What came of one way to fence a site from outside."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FenceAttempt:
    """One way that was tried, and what can be relied on now."""

    way: str
    """`instances stopped`, `archive closed` or `PostgreSQL stopped`."""
    worked: bool
    """Whether its effect was seen, not only asked for."""
    stops_clients: bool
    """Whether the site can no longer answer clients. With only its archive closed, it still may,
    but nothing that it accepts can reach the history that the other site follows."""
    detail: str
