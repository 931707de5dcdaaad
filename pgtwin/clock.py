"""Time, so that tests need not wait for it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What a plan needs of time."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...
