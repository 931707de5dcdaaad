"""A failover whose writer writes, and whose machine keeps clients out, says so at its end."""

from dataclasses import replace

import pytest

from pgtwin.deadlines import ADMITTED_SECONDS
from pgtwin.execute import execute
from pgtwin.failover import failover
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import first_world
from tests.pgtwin.test_gray_failures import Clock


def failed_over(clock: Clock, *, lets_in_after: float) -> tuple[Run, Cell]:
    class Gated(ModelSite):
        def observe(self, *, outside: bool = False) -> SiteState:
            admitted = self.name == "dr" and clock.seconds >= lets_in_after
            return replace(super().observe(outside=outside), clients_admitted=admitted)

    cell = Cell(first_world(), Oracle((), 0))
    cell.world = cell.world.put("primary", replace(cell.world.primary, cut=True, up=False))
    run = model_run(cell, what="failover", site=Gated, clock=clock)
    position = execute(failover(run, "dr", cluster="d"), lambda: run.hold_lock(("dr",)), Silence())
    assert position.outcome == "done", position.problem
    return run, cell


@pytest.mark.parametrize("lets_in_after", [0.0, 6.0])
def test_a_machine_that_lets_clients_in_within_seconds_is_no_problem(lets_in_after: float) -> None:
    run, _ = failed_over(Clock(), lets_in_after=lets_in_after)

    assert not run.left


def test_a_gate_that_stays_closed_is_said_and_stops_nothing() -> None:
    clock = Clock()

    run, cell = failed_over(clock, lets_in_after=10**6)

    assert [left for left in run.left if "a machine of dr keeps clients out" in left]
    assert cell.world.dr.alias == "dr", "the steps before it were done"
    assert clock.seconds <= ADMITTED_SECONDS + 5
