"""Where both Clusters were deleted, the way of docs/restore.md leads back, on the model."""

from dataclasses import replace

import pytest

from pgtwin.execute import Position, execute
from pgtwin.failback import failback
from pgtwin.failover import failover
from pgtwin.from_the_archive import from_the_archive
from pgtwin.plan import Plan
from pgtwin.run import Run
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell
from tests.pgtwin.model.oracle import Crash, Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SITES, SiteName

NOTHING_WAS_PROMOTED = Copy()
AFTER_A_SWITCHOVER = Copy(epoch=4, writer="primary", token="1")


def gone(copy: Copy = NOTHING_WAS_PROMOTED) -> World:
    world = first_world()
    for name in SITES:
        place = replace(world.place(name), exists=False, rows=(1,), archived=(1,))
        world = world.put(name, replace(place, copy=copy, seen=copy))
    return world


def executed(plan: Plan, run: Run) -> Position:
    position = execute(plan, lambda: run.hold_lock(SITES), Silence())
    run.release_lock()
    return position


def cloned(cell: Cell, site: SiteName = "dr") -> Position:
    run = model_run(cell, what="failback")
    return executed(from_the_archive(run, site), run)


@pytest.mark.parametrize("copy", [NOTHING_WAS_PROMOTED, AFTER_A_SWITCHOVER], ids=str)
def test_the_replicas_site_is_cloned_from_the_archive_and_takes_over_with_all_that_it_has(
    copy: Copy,
) -> None:
    cell = Cell(gone(copy), Oracle((), 0))

    position = cloned(cell)

    assert position.outcome == "done", position.problem
    assert cell.world.dr.server == "d-g2"
    assert not cell.world.dr.accepts

    run = model_run(cell, what="failover")
    position = executed(failover(run, "dr", cluster="c"), run)

    assert position.outcome == "done", position.problem
    assert cell.world.dr.accepts
    assert cell.world.dr.rows == (1,)

    run = model_run(cell, what="failback")
    position = executed(failback(run, "primary", cluster="c", stay=True), run)

    assert position.outcome == "done", position.problem
    assert cell.world.primary.exists
    assert cell.world.primary.role == "replica"
    assert cell.world.primary.server == "p-g2"


def ways_to_fail() -> list[tuple[int, ...]]:
    """Each call of the command lost, late, answered too late, or its last."""
    oracle = Oracle((), 1)
    cloned(Cell(gone(), oracle))
    return oracle.alternatives()


@pytest.mark.parametrize("script", ways_to_fail(), ids=str)
def test_whatever_interrupts_it_the_same_command_ends_with_one_clone_and_no_writer(
    script: tuple[int, ...],
) -> None:
    cell = Cell(gone(), Oracle(script, 1))
    try:
        cloned(cell)
    except Crash:
        for name in SITES:
            cell.world = cell.world.put(name, replace(cell.world.place(name), lock=None))

    position = cloned(cell)

    assert position.outcome == "done", position.problem
    assert cell.world.dr.exists
    assert cell.world.dr.rows == (1,)
    assert cell.world.dr.server == cell.world.dr.copy.server("dr")
    assert not any(place.accepts for _, place in cell.world.each())
    assert not cell.world.problem


def _said(world: World, site: SiteName = "dr") -> str:
    cell = Cell(world, Oracle((), 0))

    position = cloned(cell, site)

    assert position.outcome == "refused"
    after = [replace(place, lock=None) for _, place in cell.world.each()]
    assert after == [place for _, place in world.each()]
    assert "nothing was changed" in position.problem
    return position.problem


def test_the_site_that_wrote_last_is_not_cloned_from_the_one_that_was_behind() -> None:
    assert "run: pgtwin failback --site dr --from-archive" in _said(gone(), "primary")


@pytest.mark.parametrize("name", SITES)
def test_where_a_cluster_is_left_it_is_kept(name: SiteName) -> None:
    world = gone()

    said = _said(world.put(name, replace(world.place(name), exists=True)))

    assert f"{name} has a cluster" in said


def test_a_record_that_only_the_machines_have_read_leaves_the_newest_archive_unknown() -> None:
    world = gone()
    seen = Copy(epoch=5, writer="dr")

    said = _said(world.put("primary", replace(world.primary, seen=seen)))

    assert "unknown which site wrote last" in said


def test_regions_that_name_different_writers_leave_the_newest_archive_unknown() -> None:
    world = gone(AFTER_A_SWITCHOVER)
    rival = replace(AFTER_A_SWITCHOVER, writer="dr")

    said = _said(world.put("dr", replace(world.dr, copy=rival, seen=rival)))

    assert "unknown which site wrote last" in said
