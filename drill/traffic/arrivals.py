"""When acknowledged rows were seen in another place, as a client would see them there.

A row may be seen there before its acknowledgement is noted here. It then counts from its note on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drill.traffic.acknowledgements import Acknowledged


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A look at the other place."""

    at: float
    """Unix time after the look."""
    newest: int
    """The highest number that was there."""


def lags_seconds(rows: Sequence[Acknowledged], arrivals: Sequence[Arrival]) -> list[float]:
    """From the commit of each row to the first look that found it, for those that were found.

    At least 0: a look that found a row before its commit returned found it at once.
    """
    lags = []
    looks = iter(arrivals)
    look = next(looks, None)
    for row in rows:
        while look and look.newest < row.number:
            look = next(looks, None)
        if look is None:
            break
        lags.append(max(0.0, look.at - row.at))
    return lags


def traffic_seconds(rows: Sequence[Acknowledged], arrivals: Sequence[Arrival]) -> float:
    """How long the commits took whose rows were found; 0 while fewer than two were."""
    found = rows[: len(lags_seconds(rows, arrivals))]
    return found[-1].at - found[0].at if found else 0.0
