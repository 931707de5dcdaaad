"""A failover that was given up: the old writer goes on, however often the release is stopped."""

from dataclasses import replace

import pytest

from pgtwin.errors import SiteFailed, SiteHangs, SiteUnreachable
from pgtwin.execute import Position, execute
from pgtwin.release import release
from pgtwin.site_state import SiteState
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, Place, World, first_world
from topology.site import SITES

HANDED = Copy(epoch=1, writer="dr")
STEPS = ("check", "hold", "move the record back", "start the machines", "lift the fence")


def given_up(*, up: bool) -> World:
    """The primary was fenced and the record moved in both regions; nothing was promoted."""
    primary = Place(role="writer", server="p", up=up, stopped=True, copy=HANDED)
    dr = Place(role="replica", server="d", copy=HANDED)
    return World(primary=primary, dr=dr, budget=first_world().budget)


class WithoutIam(ModelSite):
    """us-east-1 is away."""

    def observe(self, *, outside: bool = False) -> SiteState:
        if outside:
            raise SiteUnreachable("IAM does not answer")
        return super().observe()

    def open_archive(self) -> None:
        raise SiteUnreachable("IAM does not answer")


class Hangs(ModelSite):
    """The primary's machine takes questions and answers none."""

    asked_to_hold = False

    def observe(self, *, outside: bool = False) -> SiteState:
        if self.name == "primary":
            raise SiteHangs("no answer")
        return super().observe(outside=outside)

    def hold(self) -> None:
        Hangs.asked_to_hold = True
        raise SiteHangs("no answer")


def released(
    cell: Cell, *, stopped_at: str = "", site: type[ModelSite] = ModelSite
) -> tuple[Position, list[str]]:
    run = model_run(cell, what="failback --site primary", site=site)
    plan = release(run, "primary")
    assert plan.repeat == "pgtwin failback --site primary --release"

    def fails() -> None:
        raise SiteFailed("it broke in the middle")

    steps = tuple(
        replace(step, act=fails, done=lambda: False) if step.name == stopped_at else step
        for step in plan.steps
    )
    position = execute(replace(plan, steps=steps), lambda: run.hold_lock(SITES), Silence())
    run.release_lock()
    return position, run.left


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("stopped_at", STEPS)
def test_wherever_a_release_stops_its_printed_command_leads_to_the_old_writer(
    stopped_at: str, up: bool
) -> None:
    cell = Cell(given_up(up=up), Oracle((), 0))

    first, _ = released(cell, stopped_at=stopped_at)
    again, left = released(cell)

    assert first.outcome == "stopped"
    assert (again.outcome, left) == ("done", [])
    assert host_rules.admit(cell.world, "primary").primary.accepts


def test_a_release_needs_no_control_plane_and_says_what_is_left_to_do() -> None:
    cell = Cell(given_up(up=True), Oracle((), 0))

    position, left = released(cell, site=WithoutIam)

    assert position.outcome == "done"
    assert left == ["open the archive of primary"]
    assert cell.world.primary.writes


def test_what_a_release_left_to_do_is_done_without_stopping_the_writer_again() -> None:
    class NeverHeld(ModelSite):
        def hold(self) -> None:
            raise AssertionError("the writer was stopped")

    cell = Cell(given_up(up=True), Oracle((), 0))
    released(cell, site=WithoutIam)

    position, left = released(cell, site=NeverHeld)

    assert (position.outcome, left) == ("done", [])


def test_a_release_of_a_healthy_writer_without_any_record_does_not_stop_it() -> None:
    """What is typed after a failover of a new system that was refused at its prompt."""

    class NeverHeld(ModelSite):
        def hold(self) -> None:
            raise AssertionError("the writer was stopped")

    cell = Cell(first_world(), Oracle((), 0))

    position, left = released(cell, site=NeverHeld)

    assert (position.outcome, left) == ("done", [])
    assert cell.world.primary.accepts


def test_a_machine_that_answers_nobody_is_not_taken_for_held() -> None:
    cell = Cell(given_up(up=True), Oracle((), 0))

    position, _ = released(cell, site=Hangs)

    assert Hangs.asked_to_hold
    assert position.outcome == "stopped"
    assert cell.world.primary.copy == HANDED


def test_a_put_of_the_cancelled_failover_that_lands_late_does_not_name_the_other_site() -> None:
    """It never landed, so both copies name the old writer already, in the epoch before it."""
    world = given_up(up=True)
    for site in SITES:
        world = world.put(site, replace(world.place(site), copy=Copy(epoch=4)))
    cell = Cell(world, Oracle((), 0))
    late = Copy(epoch=5, writer="dr")

    released(cell)
    world = cell.world
    for site in SITES:
        world = host_rules.put_record(world, site, late)

    assert host_rules.newest_copy(world, "primary").writer == "primary"
    assert host_rules.admit(world, "primary").primary.accepts
