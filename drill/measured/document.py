"""The shape of docs/measured.json, the one home of every figure that was measured.

At most one figure per name and ground: the newest. A figure is never edited by hand where a report
can write it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from drill.computer import computer
from drill.ground import GroundName

HOME = Path("docs/measured.json")
Where = GroundName | Literal["offline"]
"""`offline`: a benchmark or a model that needs no site."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Value):
    """One measured figure."""

    name: str
    """Of `drill.measured.catalogue`, which has its title and unit."""
    ground: Where
    value: float
    highest: float | None = None
    """Where several runs gave a range, which `value` begins."""
    of: float | None = None
    """How many there are, where `value` counts those of them that were measured."""
    commit: str | None = None
    """The code that was measured, where the figure is of all of it."""
    date: str
    """UTC, `YYYY-MM-DD`."""
    machine: str
    by: str
    """The command or scenario that measures it again."""

    @classmethod
    def of_today(
        cls,
        name: str,
        value: float,
        *,
        by: str,
        ground: Where = "offline",
        of: float | None = None,
        commit: str | None = None,
    ) -> "Figure":
        """One that was measured just now, on this computer."""
        return cls(
            name=name,
            ground=ground,
            value=round(value, 3),
            of=of,
            commit=commit,
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=computer(),
            by=by,
        )


class Measured(_Value):
    """Every figure."""

    figures: tuple[Figure, ...]

    @classmethod
    def read(cls, path: Path = HOME) -> "Measured":
        """Read the file; no figures where there is none."""
        if not path.exists():
            return cls(figures=())
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def write(self, path: Path = HOME) -> None:
        """Write the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")

    def merged(self, newer: Iterable[Figure]) -> "Measured":
        """With newer figures in the place of those of the same name and ground."""
        figures = {(each.name, each.ground): each for each in (*self.figures, *newer)}
        return Measured(figures=tuple(figures[key] for key in sorted(figures)))

    def find(self, name: str, ground: Where) -> Figure | None:
        """One figure; None where it was not measured."""
        found = (each for each in self.figures if (each.name, each.ground) == (name, ground))
        return next(found, None)

    def only(self, name: str) -> Figure:
        """A figure that was measured on one ground alone."""
        found = [each for each in self.figures if each.name == name]
        if len(found) != 1:
            raise LookupError(f"{name} was measured on {len(found)} grounds, not on one")
        return found[0]
