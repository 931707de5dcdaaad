"""While nobody can write, no site is asked what this run knows: each answer takes seconds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pgtwin.failover import failover
from pgtwin.plan import Plan
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.switchover import switchover
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import ModelClock
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SiteName

PLANS: dict[str, tuple[Callable[[Run], Plan], str, SiteName]] = {
    "switchover": (lambda run: switchover(run, "dr"), "demote", "primary"),
    "failover": (
        lambda run: failover(run, "dr", cluster="dr"),
        "check",
        "dr",
    ),
}
"""Each plan, the step from which applications wait, and a site that is not asked from there on."""


def with_a_record() -> World:
    world, copy = first_world(), Copy(epoch=1, writer="primary", primary="p", dr="d")
    for name, place in world.each():
        world = world.put(name, replace(place, copy=copy))
    return world


class Prompt(ModelClock):
    """What is waited for comes at once; a loss that was confirmed long ago is measured again."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", PLANS)
def test_a_site_that_this_run_changes_is_not_asked_again_before_it_writes(name: str) -> None:
    make, waiting, silent = PLANS[name]
    asked: list[SiteName] = []

    class Listening(ModelSite):
        def observe(self, *, outside: bool = False) -> SiteState:
            asked.append(self.name)
            return super().observe(outside=outside)

    cell = Cell(with_a_record(), Oracle((), 0))
    plan = make(model_run(cell, what=name, site=Listening, clock=Prompt(cell)))
    for step in plan.steps:
        if not step.done():
            step.act()
        if step.name == waiting:
            asked.clear()
        if step.name == "promote":
            break

    assert silent not in asked
    assert cell.world.dr.accepts
