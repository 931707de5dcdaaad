"""AWS' regions, their zones, and which instance types each offers: known offline.

`regions.txt` says where that was read, and when.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Region:
    """One region of the commercial partition."""

    zones: str
    """The letters that its zones may have."""
    families: dict[str, int] | None
    """In how many zones each family of instance types is; None where that is not known."""

    def offers(self, family: str) -> int:
        """How many zones have a family at most."""
        return len(self.zones) if self.families is None else self.families.get(family, 0)


def _parse(text: str) -> dict[str, Region]:
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name: _region(zones, families) for name, zones, *families in lines}


def _region(zones: str, families: list[str]) -> Region:
    if zones == "?":
        return Region(zones="abcdef", families=None)
    parts = (each.partition(":") for each in families)
    return Region(
        zones=zones, families={name: int(count or len(zones)) for name, _, count in parts}
    )


REGIONS = _parse(Path(__file__).with_name("regions.txt").read_text(encoding="utf-8"))
