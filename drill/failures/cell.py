"""One cell of the matrix, and what came of it."""

from dataclasses import dataclass
from typing import Any, Literal

from drill.failure_modes import FailureMode
from drill.failures.commands import Command, Where

BEFORE, AFTER = "before", "after"
Good = Literal["done", "refused", "stopped"]
"""Done; refused with nothing changed; stopped with the next command. All else is a lie."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A command, and a region that begins to fail in a mode at a moment."""

    command: Command
    region: Where
    mode: FailureMode
    moment: str
    """`before`, `during STEP`, or `after` the last step."""

    def __str__(self) -> str:
        return f"{self.command.name}, {self.region} {self.mode.name} {self.moment}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a cell ended in, and what it may end in."""

    cell: Cell
    outcome: str
    expected: frozenset[Good]
    seconds: float
    promoted_after_seconds: float | None = None
    """From the decision, where the command says when that was, to the acknowledged write."""
    said: str = ""
    starved: bool = False
    """Whether the computer stood still meanwhile: a wrong outcome then says nothing."""
    first_outcome: str | None = None
    """That of the first try, where it was wrong and the cell was played once more, alone."""

    @property
    def wrong(self) -> bool:
        """Whether it ended in anything but what is expected, on a computer that ran meanwhile."""
        return self.outcome not in self.expected and not self.starved

    def document(self) -> dict[str, Any]:
        """As it stands in the report."""
        return {
            "command": self.cell.command.name,
            "region": self.cell.region,
            "mode": self.cell.mode.name,
            "moment": self.cell.moment,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 1),
            "expected": sorted(self.expected),
            "starved": self.starved,
            "promoted_after_seconds": self.promoted_after_seconds,
            "first_outcome": self.first_outcome,
            **({"said": self.said} if self.wrong else {}),
        }
