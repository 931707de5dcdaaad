"""What is searched: a slice in every test run, all of it by `make model`."""

from dataclasses import dataclass

from tests.pgtwin.model.world import BEHAVIOURS, World, first_world


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much may be typed, go wrong, be cut off and be written; and what else may happen."""

    commands: int
    faults: int
    cuts: int
    rows: int
    also: tuple[str, ...] = ()

    @property
    def world(self) -> World:
        return first_world(
            commands=self.commands,
            faults=self.faults,
            cuts=self.cuts,
            rows=self.rows,
            also=self.also,
        )

    def __str__(self) -> str:
        numbers = f"{self.commands} commands, {self.faults} faults, {self.cuts} cuts"
        return "; ".join((f"{numbers}, {self.rows} rows", *self.also))


EVERYTHING = tuple(BEHAVIOURS)
SLICE = (
    Bounds(commands=1, faults=1, cuts=1, rows=1),
    Bounds(commands=1, faults=0, cuts=1, rows=1, also=("synchronous",)),
    *(Bounds(commands=1, faults=1, cuts=1, rows=0, also=(each,)) for each in EVERYTHING),
)
"""All of it is looked at, in seconds."""
LONG = (
    Bounds(commands=1, faults=1, cuts=1, rows=1, also=EVERYTHING),
    Bounds(commands=1, faults=2, cuts=1, rows=0),
    Bounds(commands=2, faults=1, cuts=0, rows=0, also=EVERYTHING),
    Bounds(commands=2, faults=0, cuts=1, rows=1),
    Bounds(commands=3, faults=0, cuts=0, rows=0),
    Bounds(commands=2, faults=1, cuts=1, rows=0, also=EVERYTHING),
    Bounds(commands=3, faults=1, cuts=0, rows=0, also=EVERYTHING),
)
LONG_STATES = 400_000
"""Where a search of `LONG` ends that has not come to its own end."""
