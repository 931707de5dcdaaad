"""Waiting with a deadline, and saying so."""

import logging
from collections.abc import Callable
from typing import TypeVar

from host.errors import TimedOut
from host.machine.machine import Clock

T = TypeVar("T")
_log = logging.getLogger(__name__)
_SAY_EVERY_SECONDS = 60
_FIRST_PAUSE_SECONDS = 0.25
"""Most of what is waited for is there at once or soon; each pause is twice the one before."""


def wait_for(
    clock: Clock,
    what: str,
    probe: Callable[[], T | None],
    *,
    deadline_seconds: float,
    every_seconds: float = 2,
) -> T:
    """Call `probe` until it returns something true, every `every_seconds` in the long run.

    Raises:
        TimedOut: after `deadline_seconds`.
    """
    start = said = clock.monotonic()
    pause_seconds = min(_FIRST_PAUSE_SECONDS, every_seconds)
    while not (found := probe()):
        waited = clock.monotonic() - start
        if waited >= deadline_seconds:
            raise TimedOut(f"timed out after {waited:.0f} s waiting for {what}")
        if clock.monotonic() - said >= _SAY_EVERY_SECONDS:
            said = clock.monotonic()
            _log.info("still waiting for %s, %.0f s so far", what, waited)
        clock.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, every_seconds)
    return found
