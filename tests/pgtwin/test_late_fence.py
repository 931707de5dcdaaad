"""A fence from inside that arrives once its plan was overtaken stops no site that may write."""

from dataclasses import replace
from typing import Any

import pytest

from pgtwin.aws.aws_site import AwsSite
from pgtwin.errors import SiteUnreachable
from pgtwin.execute import execute
from pgtwin.failover import failover
from pgtwin.release import release
from pgtwin.site_state import FenceAttempt
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, Message, ModelSite, deliver
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SITES


def recorded(epoch: int) -> World:
    """The primary writes, by a record of that epoch in both regions."""
    copy = Copy(epoch=epoch, token="") if epoch else Copy()
    world = first_world()
    for site in SITES:
        world = world.put(site, replace(world.place(site), copy=copy, seen=copy))
    return world


class Sent(ModelSite):
    """Each fence from inside is on its way, and nothing stops the machines from outside."""

    late: list[Message]

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        Sent.late.append((self.name, "hold", str(epoch)))
        return (FenceAttempt(way="PostgreSQL stopped", worked=False, detail="no answer"),)

    def promote(self, token: str | None) -> None:
        raise SiteUnreachable(f"{self.name} does not answer")


@pytest.mark.parametrize("epoch", [0, 3], ids=["no record", "a record"])
def test_a_fence_that_arrives_after_its_failover_was_cancelled_leaves_the_writer(
    epoch: int,
) -> None:
    cell, Sent.late = Cell(recorded(epoch), Oracle((), 0)), []
    begun = model_run(cell, what="failover", site=Sent)
    execute(failover(begun, "dr", cluster="d"), lambda: begun.hold_lock(("dr",)), Silence())
    begun.release_lock()
    back = model_run(cell, what="release")
    position = execute(release(back, "primary"), lambda: back.hold_lock(("primary",)), Silence())

    world = cell.world
    for message in Sent.late:
        world = deliver(world, message)

    assert Sent.late
    assert position.outcome == "done", position.problem
    assert world.primary.writes


def test_a_fence_that_arrives_while_its_failover_is_under_way_stops_the_writer() -> None:
    cell, Sent.late = Cell(recorded(3), Oracle((), 0)), []
    begun = model_run(cell, what="failover", site=Sent)
    execute(failover(begun, "dr", cluster="d"), lambda: begun.hold_lock(("dr",)), Silence())

    world = deliver(cell.world, Sent.late[-1])

    assert not world.primary.writes


def test_a_fence_carries_the_epoch_in_which_it_was_decided_to_the_machines() -> None:
    asked: list[tuple[str, ...]] = []

    class Machines:
        def run(self, *words: str, within_seconds: float | None = None) -> dict[str, Any]:
            asked.append(words)
            return {}

    nobody: Any = None
    site = AwsSite(
        name="primary",
        host=Machines(),
        parameters=nobody,
        outside=Stopped(),  # type: ignore[arg-type]
        alias=nobody,
        load_balancers={},
        buckets=dict,
    )

    site.fence(epoch=7)
    site.hold(epoch=8)

    assert asked == [("fence", "--epoch", "7"), ("fence", "--epoch", "8")]


class Stopped:
    """EC2, which stops the machines."""

    def stop_instances(self) -> str:
        return "stopped"
