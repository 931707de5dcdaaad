"""The matrix as a grid: a line per command and region, a column per mode."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from drill.failures.cell import Result

LEGEND = "d done, r refused, nothing changed, s stopped with the next command, X wrong, ? starved"
_LETTERS = {"done": "d", "refused": "r", "stopped": "s"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What came of one command while one region failed."""

    command: str
    region: str
    outcomes: tuple[str, ...]
    """Per mode, the letters of all moments; empty where that was not played."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """All that was played."""

    modes: tuple[str, ...]
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Grid":
        """Put the results where they belong; commands and modes in the order of the results."""
        modes = tuple(dict.fromkeys(result.cell.mode.name for result in results))
        found: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for result in results:
            line = found[result.cell.command.name, result.cell.region]
            line[result.cell.mode.name].add(_letter(result))
        lines = tuple(
            Line(
                command=command,
                region=region,
                outcomes=tuple("".join(sorted(line[mode])) for mode in modes),
            )
            for (command, region), line in found.items()
        )
        return cls(modes=modes, lines=lines)

    def document(self) -> dict[str, Any]:
        """As it stands in build/failures.json."""
        return {**asdict(self), "legend": LEGEND}

    def text(self) -> list[str]:
        """As lines for a terminal: numbers above the columns, whose names come first."""
        numbers = "".join(f"{number:>5}" for number in range(1, len(self.modes) + 1))
        return [
            *(f"{number:>3}  {name}" for number, name in enumerate(self.modes, 1)),
            "",
            f"{'':31}{numbers}",
            *(
                f"{line.command:<20}{line.region:<11}"
                + "".join(f"{outcome:>5}" for outcome in line.outcomes)
                for line in self.lines
            ),
            "",
            LEGEND,
        ]


def _letter(result: Result) -> str:
    if result.wrong:
        return "X"
    return "?" if result.undecided else _LETTERS[result.outcome]
