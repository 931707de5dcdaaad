"""The plans themselves, taken step by step through every order of losses that the budget allows.

The sites are small state machines behind the real Protocol; the steps, the executor, the run and
the record are the program's own. A message may be lost, late, or answered into the void; a command
may die between any two calls; a second operator may type; a region may go and come back; a machine
of the old writer may start by itself.
"""

import pytest

from tests.pgtwin.model.planted_bugs import PLANTED
from tests.pgtwin.model.search import search
from tests.pgtwin.model.world import World, first_world

ENOUGH = 40_000
WORLDS = [
    pytest.param(first_world(commands=1, faults=2, cuts=1, rows=1), id="one command, two faults"),
    pytest.param(first_world(commands=2, faults=1, cuts=1, rows=1), id="two commands, one fault"),
]


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_at_most_one_site_accepts_writes_and_no_promised_row_is_lost(world: World) -> None:
    found = search(world, states=ENOUGH)

    assert not found.problem, "\n".join((found.problem, *found.way))
    assert found.states >= 10_000


@pytest.mark.parametrize("name", PLANTED)
def test_finds_a_planted_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bug = PLANTED[name]
    sound = search(bug.world, states=ENOUGH, commands=bug.commands)
    monkeypatch.setattr(bug.owner, bug.name, bug.patch(getattr(bug.owner, bug.name)))

    found = search(bug.world, states=ENOUGH, commands=bug.commands)

    assert not sound.problem
    assert found.problem, f"not found among {found.states} states"
