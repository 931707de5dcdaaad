"""Waiting for what other processes do."""

import time
from collections.abc import Callable


def wait_for(
    condition: Callable[[], bool], within_seconds: float, what: str, *, every: float = 0.1
) -> None:
    """Poll until the condition holds.

    Raises:
        TimeoutError: when it does not in time.
    """
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within_seconds:g} s for {what}")
        time.sleep(every)
