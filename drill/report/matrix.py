"""What `make failures` wrote, as far as the report shows it."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict

MATRIX = Path("build/failures.json")
"""Where `make failures` writes, and where the drill's report looks."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Line(_Read):
    """One command while one region fails; `outcomes` are letters, per mode."""

    command: str
    region: str
    outcomes: tuple[str, ...]


class Grid(_Read):
    """A line per command and region, a column per mode."""

    modes: tuple[str, ...]
    lines: tuple[Line, ...]
    legend: str


class Matrix(_Read):
    """The matrix of the last `make failures` on this machine."""

    played_at: str
    machine: str
    ground: str
    count: int
    wrong: int
    undecided: int
    grid: Grid

    @classmethod
    def read(cls, path: Path) -> "Matrix | None":
        """What is there; None where it was never played."""
        if not path.exists():
            return None
        return cls.model_validate(json.loads(path.read_text(encoding="utf-8")))
