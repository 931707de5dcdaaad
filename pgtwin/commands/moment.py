"""Moments as people type them."""

from datetime import UTC, datetime

from pgtwin.errors import PlanRefused


def moment(option: str, text: str) -> str:
    """The moment in UTC.

    Raises:
        PlanRefused: when it is no moment, has no zone, or is yet to come.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise PlanRefused(
            f"{option}: a moment with a zone, such as 2026-11-22T09:30:00Z, not {text!r}"
        )
    if when > datetime.now(UTC):
        raise PlanRefused(f"{option}: a moment in the past, not {text!r}")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
