"""Waiting in tests: deadlines instead of sleeps."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], within_seconds: float = 10) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_seconds} s"
        time.sleep(0.02)
