"""What is noted on the Cluster while commits may go on without the other region.

What always holds: `degraded since` stands there as long as that may be so. `covered until` is only
there where a guard let commits go under an `rpo`: until then the other region has every commit. It
goes with the note, and with every change of the writer.
"""

import math
from datetime import datetime, timedelta

from host.kubernetes.cluster import COVERED_UNTIL, DEGRADED_SINCE, Cluster


def cleared() -> dict[str, str | None]:
    """No note."""
    return {DEGRADED_SINCE: None, COVERED_UNTIL: None}


def degraded(at: str) -> dict[str, str | None]:
    """The note of who goes on without the region on purpose; `at` is UTC by ISO 8601."""
    return {DEGRADED_SINCE: at, COVERED_UNTIL: None}


def let_go(now: datetime, covered_seconds: float) -> dict[str, str | None]:
    """The note of a guard that lets commits go; the region had every commit so long ago."""
    since = now - timedelta(seconds=covered_seconds)
    return {COVERED_UNTIL: since.isoformat(timespec="seconds")}


def covered_seconds(live: Cluster, now: datetime) -> float | None:
    """How long ago the region had every commit; None where no guard let go.

    A moment that cannot be read is long ago: commits rather wait.
    """
    noted = live.annotation(COVERED_UNTIL)
    if noted is None:
        return None
    until = _moment(noted)
    return math.inf if until is None else max(0.0, (now - until).total_seconds())


def used_up_at(live: Cluster, rpo_seconds: float) -> datetime | None:
    """When as much is missing as `rpo` allows; None where no guard let go, or it is not known."""
    until = _moment(live.annotation(COVERED_UNTIL) or "")
    return None if until is None else until + timedelta(seconds=rpo_seconds)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
