"""Where both Clusters were deleted, the way of docs/restore.md leads back, on the model."""

from dataclasses import replace

from pgtwin.execute import Position, execute
from pgtwin.failback import failback
from pgtwin.failover import failover
from pgtwin.plan import Plan
from pgtwin.run import Run
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SITES

WRITTEN = Copy(epoch=4, writer="primary", dr="d-g2", token="")
"""As the page has it written into both regions, by hand."""


def gone() -> World:
    world = first_world()
    for name in SITES:
        place = replace(world.place(name), exists=False, rows=(1,), archived=(1,))
        world = world.put(name, replace(place, copy=WRITTEN, seen=WRITTEN))
    return world


def executed(plan: Plan, run: Run) -> Position:
    position = execute(plan, lambda: run.hold_lock(SITES), Silence())
    run.release_lock()
    return position


def test_the_replicas_site_is_cloned_from_the_archive_and_takes_over_with_all_that_it_has() -> None:
    cell = Cell(host_rules.follow(gone(), "dr", "d-g2"), Oracle((), 0))

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
