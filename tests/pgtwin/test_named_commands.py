"""Whatever state two sites come to, a command that is named is one that its plan lets in.

Every state of some searches of the model is looked at once nobody is at work, by `pgtwin status`
and by every command that is refused there. What either names is begun, and must not be refused.
What is to be run only `once` a site answers is left out. Every word that is asked for is given.
"""

import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache

import pytest

from pgtwin.errors import SiteError
from pgtwin.execute import Position, advance
from pgtwin.plan import Plan
from pgtwin.record import Record
from pgtwin.record_copies import RecordCopies
from pgtwin.run import Run
from pgtwin.settled_record import settled_record
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from tests.pgtwin.model.bounds import Bounds
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import COMMANDS, PLANS, Silence, moves
from tests.pgtwin.model.world import World
from topology.site import SITES, SiteName

NAMED = re.compile(
    r"(?<!answers, )run: pgtwin (failover|switchover|failback|record) --\w+ (\w+)( --release)?"
)
TYPED = (*COMMANDS, *(("record", name) for name in SITES))
BOUNDS = (
    Bounds(commands=1, faults=1, cuts=1, rows=0),
    Bounds(commands=2, faults=0, cuts=1, rows=0),
    Bounds(commands=1, faults=1, cuts=1, rows=0, also=("absent",)),
)


def states_of(world: World) -> dict[SiteName, SiteState | None]:
    cell, found = Cell(world, Oracle((), 0)), dict[SiteName, SiteState | None]()
    for name in SITES:
        try:
            found[name] = ModelSite(name, cell).observe()
        except SiteError:
            found[name] = None
    return found


def copies_of(world: World) -> RecordCopies:
    cell, found = Cell(world, Oracle((), 0)), dict[SiteName, Record | None]()
    for name in SITES:
        with suppress(SiteError):
            found[name] = ModelSite(name, cell).read_record()
    return RecordCopies(read=found)


def status(world: World) -> str:
    copies = copies_of(world)
    aliases = {name: world.place(name).alias for name in copies.read}
    return verdict(states_of(world), copies, "primary", aliases=aliases).text


def begun(world: World, what: str, site: SiteName) -> Position:
    """The first step of a command, which has the regions to itself."""
    cell = Cell(world, Oracle((), 0))
    run = model_run(cell, what=what)
    plan = _record(run, site) if what == "record" else PLANS[what](run, site)
    return advance(plan, Position(), lambda: None, Silence())


def _record(run: Run, site: SiteName) -> Plan:
    return settled_record(run, site, cluster="c")


def quiet(world: World) -> World:
    """Nobody is at work any more, and no lock is left."""
    for name in SITES:
        world = world.put(name, replace(world.place(name), lock=None))
    return replace(world, operators=(), late=frozenset())


@cache
def reachable(bounds: Bounds) -> tuple[World, ...]:
    """Each as status can see it, once."""
    return tuple(_reachable(bounds.world))


def _reachable(start: World) -> Iterator[World]:
    seen, told, queue = {start}, set[World](), deque([start])
    while queue:
        world = queue.popleft()
        left = replace(quiet(world), budget=start.budget)
        if left not in told:
            told.add(left)
            yield left
        for _, after in moves(world, COMMANDS):
            if after not in seen:
                seen.add(after)
                queue.append(after)


@pytest.mark.slow
@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_a_command_that_status_names_is_let_in(bounds: Bounds) -> None:
    for world in reachable(bounds):
        text = status(world)
        for what, site, released in NAMED.findall(text):
            position = begun(world, "release" if released else what, site)
            assert position.outcome != "refused", f"{text}\n{position.problem}\n{world}"


@pytest.mark.slow
@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_a_command_that_a_refusal_names_is_let_in(bounds: Bounds) -> None:
    for world in reachable(bounds):
        for command in TYPED:
            refused = begun(world, *command)
            named = NAMED.findall(refused.problem) if refused.outcome == "refused" else []
            for what, site, released in named:
                position = begun(world, "release" if released else what, site)
                told = f"{command}: {refused.problem}\n{position.problem}\n{world}"
                assert position.outcome != "refused", told


@pytest.mark.slow
@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_where_nobody_writes_and_a_replica_is_well_a_command_is_named(bounds: Bounds) -> None:
    for world in reachable(bounds):
        states = states_of(world)
        writes = any(state and state.accepts_writes for state in states.values())
        if not writes and any(place.is_well for _, place in world.each()):
            text = status(world)
            assert NAMED.search(text) or "read: docs/failover.md" in text, f"{text}\n{world}"
