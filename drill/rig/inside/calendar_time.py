"""When a timer elapses: OnCalendar= as far as the project's own timers use it; pure."""

import re
from datetime import datetime, timedelta

_DAILY = re.compile(r"\*-\*-\* (\d\d):(\d\d):(\d\d) UTC")


def next_elapse(expression: str, now: datetime) -> datetime:
    """The first moment after `now`, which is in UTC.

    Raises:
        ValueError: for an expression that is not known here.
    """
    minute = now.replace(second=0, microsecond=0)
    if expression == "minutely":
        return minute + timedelta(minutes=1)
    if expression == "hourly":
        return minute.replace(minute=0) + timedelta(hours=1)
    found = _DAILY.fullmatch(expression)
    if not found:
        raise ValueError(f"OnCalendar={expression} is not known here")
    hour, minutes, seconds = map(int, found.groups())
    today = minute.replace(hour=hour, minute=minutes, second=seconds)
    return today if today > now else today + timedelta(days=1)
