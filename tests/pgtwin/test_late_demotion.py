"""A demotion that arrives once its switchover was given up: the old writer writes on."""

from dataclasses import replace

import pytest

from pgtwin.errors import SiteUnreachable
from pgtwin.execute import execute
from pgtwin.switchover import switchover
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, Message, ModelSite, deliver
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, first_world
from topology.site import SITES, SiteName

LATE = list[Message]()


class OnItsWay(ModelSite):
    """Nobody answers whether the demotion was begun, and it was not."""

    def demote(self, *, to: SiteName, epoch: int) -> str:
        LATE.append((self.name, "demote", str(epoch)))
        raise SiteUnreachable(f"{self.name} does not answer about {to}")


@pytest.mark.parametrize("before", [Copy(), Copy(epoch=3, token="")], ids=["no record", "a record"])
def test_a_demotion_that_arrives_after_a_switchover_was_turned_back_leaves_the_writer(
    before: Copy,
) -> None:
    world = first_world()
    for site in SITES:
        world = world.put(site, replace(world.place(site), copy=before, seen=before))
    cell = Cell(world, Oracle((), 0))
    run = model_run(cell, what="switchover", site=OnItsWay)

    position = execute(switchover(run, "dr"), lambda: run.hold_lock(SITES), Silence())
    arrived = deliver(cell.world, LATE.pop())

    assert position.outcome == "rolled back", position.problem
    assert arrived.primary.accepts
    assert arrived.primary.copy.writer == "primary"
    assert not arrived.primary.demoting
