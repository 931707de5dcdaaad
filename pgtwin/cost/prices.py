"""The price table."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgtwin.errors import SiteRefused

TABLE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, kw_only=True)
class Prices:
    """On-demand list prices in US dollars; `regions` by region and item."""

    as_of: str
    source: str
    note: str
    pages: dict[str, str]
    """Where AWS says each price; `machine` stands for every instance type."""
    month_hours: int
    regions: dict[str, dict[str, Any]]

    @classmethod
    def load(cls) -> "Prices":
        """The table that comes with the program."""
        return cls(**json.loads(TABLE.read_text(encoding="utf-8")))

    def of(self, region: str, item: str) -> float:
        """The price of one unit.

        Raises:
            SiteRefused: where the table has no such price.
        """
        try:
            return float(self.regions[region][item])
        except KeyError:
            raise SiteRefused(
                f"the price table of {self.as_of} has no {item} in {region}; add it to {TABLE}"
            ) from None
