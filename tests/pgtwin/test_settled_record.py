"""Two records that disagree, or two sites that write, end with one writer in one record."""

from dataclasses import replace

import pytest

from pgtwin.errors import PlanRefused
from pgtwin.execute import Position, execute
from pgtwin.record import NO_PROMOTION
from pgtwin.settled_record import settled_record
from pgtwin.site_state import SiteState
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SITES, SiteName, other_site

Copies = dict[SiteName, Copy]
RIVALS: Copies = {"primary": Copy(epoch=3, writer="primary"), "dr": Copy(epoch=3, writer="dr")}


def world(copies: Copies, *, both_write: bool = False) -> World:
    """The primary writes and DR follows, or writes too."""
    found = first_world()
    if both_write:
        found = found.put("dr", replace(found.dr, role="writer"))
    for name in SITES:
        if name in copies:
            found = found.put(name, replace(found.place(name), copy=copies[name]))
    return found


class Asked:
    """Gives the word, or another, and notes for what."""

    def __init__(self, *, right: bool = True) -> None:
        self.right = right
        self.texts: list[str] = []

    def __call__(self, text: str, _word: str) -> None:
        self.texts.append(text)
        if not self.right:
            raise PlanRefused("another word was typed; nothing was changed")


def settled(
    cell: Cell,
    writer: SiteName,
    *,
    confirm: Asked | None = None,
    site: type[ModelSite] = ModelSite,
    only: int | None = None,
) -> Position:
    """`only` is how many steps a run takes that is killed then."""
    run = model_run(cell, what="record", site=site, confirm=confirm or Asked())
    plan = settled_record(run, writer, cluster="c")
    plan = replace(plan, steps=plan.steps[:only])
    return execute(plan, lambda: run.hold_lock(SITES), Silence())


def cell_of(found: World) -> Cell:
    return Cell(found, Oracle((), 0))


def assert_only(cell: Cell, writer: SiteName) -> None:
    there = cell.world.place(other_site(writer))
    assert cell.world.place(writer).accepts
    assert not there.accepts
    for name in SITES:
        record = cell.world.place(name).copy.record()
        assert (record.writer, record.token) == (writer, NO_PROMOTION)


def test_rival_records_are_settled_for_the_site_that_writes_and_the_other_goes_on_following() -> (
    None
):
    cell, confirm = cell_of(world(RIVALS)), Asked()

    position = settled(cell, "primary", confirm=confirm)

    assert position.outcome == "done", position.problem
    assert_only(cell, "primary")
    assert {cell.world.place(name).copy.epoch for name in SITES} == {4}
    assert not cell.world.dr.stopped
    assert not confirm.texts


@pytest.mark.parametrize("writer", SITES)
@pytest.mark.parametrize("killed_after", [1, 2, 3, 4, 5])
def test_of_two_sites_that_write_one_is_stopped_wherever_the_command_was_killed(
    writer: SiteName, killed_after: int
) -> None:
    cell, confirm = cell_of(world(RIVALS, both_write=True)), Asked()
    settled(cell, writer, only=killed_after)

    position = settled(cell, writer, confirm=confirm)

    assert position.outcome == "done", position.problem
    assert_only(cell, writer)
    assert cell.world.place(other_site(writer)).stopped
    assert len(confirm.texts) == (killed_after < 2)


def test_two_sites_that_write_without_any_record_get_one() -> None:
    cell = cell_of(world({}, both_write=True))

    assert settled(cell, "dr").outcome == "done"

    assert_only(cell, "dr")
    assert cell.world.primary.stopped


def test_the_site_that_stays_archives_though_a_failover_from_it_closed_its_archive() -> None:
    """Otherwise the other could never be cloned from it."""
    found = world(RIVALS, both_write=True)
    cell = cell_of(found.put("primary", replace(found.primary, closed="p")))

    assert settled(cell, "primary").outcome == "done"

    assert cell.world.primary.archives


def test_a_system_that_never_promoted_anything_needs_no_record() -> None:
    cell = cell_of(world({}))

    assert settled(cell, "primary").outcome == "done"

    assert {cell.world.place(name).copy.epoch for name in SITES} == {0}


def test_nothing_is_stopped_without_the_word() -> None:
    cell = cell_of(world(RIVALS, both_write=True))
    before = cell.world

    position = settled(cell, "dr", confirm=Asked(right=False))

    assert position.outcome == "refused"
    assert [cell.world.place(name).copy for name in SITES] == list(RIVALS.values())
    assert cell.world.primary.stopped == before.primary.stopped


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        (RIVALS, "nothing was changed - run: pgtwin record --writer primary"),
        ({}, "to move the writer, run: pgtwin switchover --to dr"),
        (
            {name: Copy(epoch=3, writer="primary") for name in SITES},
            "no record names dr; nothing was changed - run: pgtwin record --writer primary",
        ),
    ],
)
def test_the_site_that_writes_is_not_stopped_for_one_that_does_not(
    copies: Copies, said: str
) -> None:
    cell = cell_of(world(copies))

    position = settled(cell, "dr")

    assert position.outcome == "refused"
    assert said in position.problem
    assert cell.world.primary.accepts


@pytest.mark.parametrize("writer", SITES)
def test_a_failover_that_stopped_behind_its_record_is_sent_to_a_command_that_settles_it(
    writer: SiteName,
) -> None:
    copies: Copies = {"primary": Copy(epoch=3, token=""), "dr": Copy(epoch=4, writer="dr")}
    cell = cell_of(world(copies))

    position = settled(cell, writer)

    assert position.outcome == "refused"
    assert "primary writes, but the record names dr" in position.problem
    assert "run: pgtwin failover --to dr" in position.problem
    assert "run: pgtwin failback --site primary --release" in position.problem


def test_a_writer_that_is_down_for_a_moment_is_stopped_all_the_same() -> None:
    """It would start again by itself."""

    class Restarts(ModelSite):
        held = False

        def observe(self, *, outside: bool = False) -> SiteState:
            state = super().observe(outside=outside)
            if self.name == "dr" and not Restarts.held:
                return replace(state, accepts_writes=False)
            return state

        def hold(self, *, epoch: int) -> None:
            Restarts.held = True
            super().hold(epoch=epoch)

    cell = cell_of(world(RIVALS, both_write=True))

    assert settled(cell, "primary", site=Restarts).outcome == "done"

    assert Restarts.held


def test_it_changes_nothing_where_there_is_nothing_to_settle() -> None:
    copies: Copies = {name: Copy(epoch=3, writer="primary") for name in SITES}
    cell = cell_of(world(copies))

    assert settled(cell, "primary").outcome == "done"

    assert [cell.world.place(name).copy for name in SITES] == list(copies.values())
    assert not cell.world.dr.stopped
