"""The plans themselves, taken step by step through every order of losses that the bounds allow.

The sites are small state machines behind the real Protocol; the steps, the executor, the run and
the record are the program's own. What may happen is in `model/world.py`, how much of it in
`model/bounds.py`. The invariants are looked at after each transition. What belongs to one machine
alone (the race of `follow` with `apply`) is held by the tests of the host program instead.
"""

import pytest

from tests.pgtwin.model.bounds import SLICE, Bounds
from tests.pgtwin.model.planted_bugs import PLANTED
from tests.pgtwin.model.search import search

ENOUGH = 80_000


@pytest.mark.slow
@pytest.mark.parametrize("bounds", SLICE, ids=str)
def test_at_most_one_site_accepts_writes_and_no_promised_row_is_lost(bounds: Bounds) -> None:
    found = search(bounds.world, states=ENOUGH)

    assert not found.problem, "\n".join((found.problem, *found.way))
    assert found.complete


@pytest.mark.parametrize("name", PLANTED)
def test_finds_a_planted_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bug = PLANTED[name]
    sound = search(bug.world, states=ENOUGH, commands=bug.commands)
    monkeypatch.setattr(bug.owner, bug.name, bug.patch(getattr(bug.owner, bug.name)))

    found = search(bug.world, states=ENOUGH, commands=bug.commands)

    assert not sound.problem, "\n".join((sound.problem, *sound.way))
    assert found.problem, f"not found among {found.states} states"
