"""Durations and moments as people type them."""

import re
from datetime import UTC, datetime

from pgtwin.errors import PlanRefused
from topology.given import given

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(option: str, text: str) -> float:
    """`90s`, `5m` or `1h` in seconds.

    Raises:
        PlanRefused: when it is something else.
    """
    match = re.fullmatch(r"([0-9]{1,7})([smh])", text)
    if not match:
        raise PlanRefused(f"{option}: a number with s, m or h, such as 60s, not {given(text)}")
    return float(int(match[1]) * _SECONDS[match[2]])


def moment(option: str, text: str) -> str:
    """The moment in UTC, to the microsecond where it was given.

    Raises:
        PlanRefused: when it is not a valid time, has no zone, or is yet to come.
    """
    try:
        when = datetime.fromisoformat(text)
        utc = when.astimezone(UTC) if when.tzinfo else None
    except (ValueError, OverflowError):
        utc = None
    if utc is None:
        raise PlanRefused(
            f"{option}: a moment with a zone, such as 2026-11-22T09:30:00Z, not {given(text)}"
        )
    now = datetime.now(UTC)
    if utc > now:
        raise PlanRefused(
            f"{option}: a moment in the past, not {given(text)}; the clock of this computer says "
            f"{now:%Y-%m-%dT%H:%M:%SZ}"
        )
    return utc.isoformat().replace("+00:00", "Z")
