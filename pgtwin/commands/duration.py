"""Durations as people type them."""

import re

from pgtwin.errors import PlanRefused

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(option: str, text: str) -> float:
    """`90s`, `5m` or `1h` in seconds.

    Raises:
        PlanRefused: when it is something else.
    """
    match = re.fullmatch(r"([0-9]{1,7})([smh])", text)
    if not match:
        raise PlanRefused(f"{option}: a number with s, m or h, such as 60s, not {text!r}")
    return float(int(match[1]) * _SECONDS[match[2]])
