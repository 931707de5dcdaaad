"""Waiting in tests: a deadline ends what hangs, and never says how fast something has to be.

How fast something is, is tested with a clock that the test moves, or in processor time.
"""

import time
from collections.abc import Callable

HANGS_SECONDS = 300.0
"""Longer than anything takes on a machine that is busy with other work."""


def eventually(holds: Callable[[], object], said: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds; where it never does, `said` is what there is to read."""
    deadline = time.monotonic() + HANGS_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not within {HANGS_SECONDS:g} s: {said()}"
        time.sleep(0.02)


def stays_away(holds: Callable[[], object], seconds: float = 0.5) -> None:
    """Look for a while that something does not come; a busy machine looks less often."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert not holds()
        time.sleep(0.02)
