"""The age of the newest heartbeat at a site over the last day, from what CloudWatch kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from pgtwin.report.unknown import Unknown

METRIC = "HeartbeatAgeSeconds"
"""What every site publishes once per minute (host/evidence/metrics.py)."""
STEP = timedelta(minutes=5)
STEPS = timedelta(days=1) // STEP


@dataclass(frozen=True, kw_only=True)
class Lag:
    """The worst age of each step, oldest first; None where the site published nothing."""

    starts: tuple[datetime, ...]
    seconds: tuple[float | None, ...]

    @property
    def worst_seconds(self) -> float:
        """The greatest of the day."""
        return max(self._known)

    @property
    def median_seconds(self) -> float:
        """Half of the steps were no worse."""
        return median(self._known)

    @property
    def silent(self) -> timedelta:
        """How much of the day has no value."""
        return STEP * self.seconds.count(None)

    @property
    def _known(self) -> list[float]:
        return [each for each in self.seconds if each is not None]


def first_step(now: datetime) -> datetime:
    """Where the day begins: a whole step, so that CloudWatch's periods are ours."""
    begun = now.astimezone(UTC) - STEP * STEPS
    return begun - timedelta(seconds=begun.timestamp() % STEP.total_seconds())


def lag(points: Mapping[datetime, float], now: datetime) -> Lag | Unknown:
    """The day as steps, from the values that CloudWatch has, by the start of their step."""
    first = first_step(now)
    starts = tuple(first + STEP * number for number in range(STEPS))
    seconds = tuple(points.get(start) for start in starts)
    if not any(each is not None for each in seconds):
        return Unknown(because=f"the site published no {METRIC} in the last day")
    return Lag(starts=starts, seconds=seconds)
