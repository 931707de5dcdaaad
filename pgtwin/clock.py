"""Time, so that tests need not wait for it, and the pauses between two looks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

_FIRST_SECONDS = 0.25
"""Most verbs end in tenths of a second, and a change of the writer is a dozen of them."""


class Clock(Protocol):
    """What a plan needs of time."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


def pauses(longest_seconds: float) -> Iterator[float]:
    """Without an end: short at first, each twice the one before, until `longest_seconds`."""
    seconds = min(_FIRST_SECONDS, longest_seconds)
    while True:
        yield seconds
        seconds = min(2 * seconds, longest_seconds)
