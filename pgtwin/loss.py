"""What a promotion loses: one value with one wording."""

from dataclasses import dataclass
from math import ceil

SKEW_SECONDS = 1.0
"""How much younger than nothing a row may look: two clocks that are synchronised differ by less."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What the writer acknowledged after the newest row that arrived: an upper bound.

    It grows while the writer may write, and until its fence was seen nobody knows that it does not.
    """

    seconds: int | None
    """Rounded up; None where no row tells."""

    @classmethod
    def since(cls, age_seconds: float | None) -> "Loss":
        """From the age of the newest heartbeat row that arrived.

        One that is younger than nothing tells that the two sites' clocks differ, not how much is
        lost.
        """
        if age_seconds is None or age_seconds < -SKEW_SECONDS:
            return cls(seconds=None)
        return cls(seconds=max(0, ceil(age_seconds)))

    def later(self, seconds: float) -> "Loss":
        """The bound so much later, where nothing has arrived since."""
        return Loss.since(None if self.seconds is None else self.seconds + seconds)

    def is_within(self, seconds: float) -> bool:
        """Whether no more than that is lost, for certain."""
        return self.seconds is not None and self.seconds <= seconds

    def __str__(self) -> str:
        return "an unknown amount" if self.seconds is None else f"at most {self.seconds} s"
