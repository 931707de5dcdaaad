"""One cell of the matrix, and what came of it."""

from dataclasses import dataclass
from typing import Any, Literal

from drill.failure_modes import FailureMode
from drill.failure_modes import named as mode_named
from drill.failures.commands import Command, Where
from drill.failures.commands import named as command_named

BEFORE, AFTER = "before", "after"
_LATE = ("hanging", "silent")
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
    """Whether the computer was measured to be too busy meanwhile."""
    changed: bool = False
    """Whether anything that the command may change was changed at its end."""
    first_outcome: str | None = None
    """That of the first try, where it was not as expected and the cell was played again, alone."""
    first_said: str = ""
    """What the command printed then: why a cell ended in two ways."""

    @property
    def wrong(self) -> bool:
        """Whether it ended in anything but what is expected, and not since it had no time."""
        return self.outcome not in self.expected and not self.undecided

    @property
    def undecided(self) -> bool:
        """Whether it did not end as expected, and a busy computer may be why.

        A traceback, a change behind a refusal and a false `done` are never excused.
        """
        late = self.outcome in ("stopped", "refused") or self.outcome.startswith(_LATE)
        return late and self.outcome not in self.expected and self.starved

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
            "changed": self.changed,
            "starved": self.starved,
            "promoted_after_seconds": self.promoted_after_seconds,
            "first_outcome": self.first_outcome,
            **({"first_said": self.first_said} if self.first_outcome else {}),
            **({"said": self.said} if self.outcome not in self.expected else {}),
        }

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Result":
        """Read it back.

        Raises:
            LookupError: where a name in it is not known any more.
        """
        cell = Cell(
            command=command_named(document["command"]),
            region=document["region"],
            mode=mode_named(document["mode"]),
            moment=document["moment"],
        )
        same = ("outcome", "seconds", "changed", "starved", "promoted_after_seconds")
        return cls(
            cell=cell,
            expected=frozenset(document["expected"]),
            first_outcome=document["first_outcome"],
            first_said=document.get("first_said", ""),
            said=document.get("said", ""),
            **{name: document[name] for name in same},
        )
