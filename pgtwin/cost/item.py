"""A line of the bill."""

from dataclasses import dataclass

from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class Item:
    """What one thing costs a month."""

    site: SiteName
    what: str
    dollars: float
