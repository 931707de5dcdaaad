"""Waiting with a deadline, and saying so."""

import logging
from collections.abc import Callable
from typing import TypeVar

from host.errors import TimedOut
from host.machine.machine import Clock

T = TypeVar("T")
_log = logging.getLogger(__name__)
_SAY_EVERY_SECONDS = 60


def wait_for(
    clock: Clock,
    what: str,
    probe: Callable[[], T | None],
    *,
    deadline_seconds: float,
    every_seconds: float = 2,
) -> T:
    """Call `probe` until it returns something true.

    Raises:
        TimedOut: after `deadline_seconds`.
    """
    start = clock.monotonic()
    said = start
    while not (found := probe()):
        waited = clock.monotonic() - start
        if waited >= deadline_seconds:
            raise TimedOut(f"timed out after {waited:.0f} s waiting for {what}")
        if clock.monotonic() - said >= _SAY_EVERY_SECONDS:
            said = clock.monotonic()
            _log.info("still waiting for %s, %.0f s so far", what, waited)
        clock.sleep(every_seconds)
    return found
