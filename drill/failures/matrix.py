"""Which cells there are: all of them, a chosen part, or a slice that a test can afford."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from drill.failure_modes import ALL, FailureMode
from drill.failures.cell import AFTER, BEFORE, Cell
from drill.failures.commands import COMMANDS, REGIONS, Command, Where, named

Steps = Callable[[Command], Sequence[str]]
"""The names of a command's steps; none where it is no plan."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What to play; all of it where nothing is chosen."""

    commands: Sequence[Command] = COMMANDS
    modes: Sequence[FailureMode] = ALL
    regions: Sequence[Where] = REGIONS
    only_before: bool = False


def cells(part: Part, steps: Steps) -> list[Cell]:
    """Every command of the part, longest first, at every moment, with every region and mode.

    A machine begins to hang before a command and not during one: a verb that takes forever looks
    like one that takes long, and has a deadline of its own (pgtwin/deadlines.py).
    """
    return [
        Cell(command=command, region=region, mode=mode, moment=moment)
        for command in sorted(part.commands, key=lambda each: -each.bound_seconds)
        for moment in _moments(part, command, steps)
        for region in part.regions
        for mode in part.modes
        if mode.verbs == "end" or moment == BEFORE
    ]


def sliced() -> list[Cell]:
    """Every mode of a lost primary with failover and status, and every other command once.

    The others take turns with modes, regions, and what of their steps a region fails in.
    """
    turns: Iterator[FailureMode] = cycle(ALL)
    others = [each for each in COMMANDS if each.name not in ("failover", "status")]
    return [
        *(_lost(name, mode) for name in ("failover", "status") for mode in ALL),
        *(
            Cell(
                command=command,
                region=REGIONS[turn % len(REGIONS)],
                mode=next(turns),
                moment=BEFORE,
            )
            for turn, command in enumerate(others)
        ),
    ]


def _lost(command: str, mode: FailureMode) -> Cell:
    return Cell(command=named(command), region="primary", mode=mode, moment=BEFORE)


def _moments(part: Part, command: Command, steps: Steps) -> list[str]:
    if part.only_before:
        return [BEFORE]
    during = [f"during {step}" for step in steps(command)]
    return [BEFORE, *during, *([AFTER] if during else [])]
