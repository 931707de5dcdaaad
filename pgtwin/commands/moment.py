"""Moments as people type them."""

from datetime import UTC, datetime

from pgtwin.errors import PlanRefused


def moment(option: str, text: str) -> str:
    """The moment in UTC, to the microsecond where it was given.

    Raises:
        PlanRefused: when it is no moment, has no zone, or is yet to come.
    """
    try:
        when = datetime.fromisoformat(text)
        utc = when.astimezone(UTC) if when.tzinfo else None
    except (ValueError, OverflowError):
        utc = None
    if utc is None:
        raise PlanRefused(
            f"{option}: a moment with a zone, such as 2026-11-22T09:30:00Z, not {text!r}"
        )
    if utc > datetime.now(UTC):
        raise PlanRefused(f"{option}: a moment in the past, not {text!r}")
    return utc.isoformat().replace("+00:00", "Z")
