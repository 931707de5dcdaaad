"""A run that has lost its lock does nothing more."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
import typer

from pgtwin.commands import carry_out
from pgtwin.commands.carry_out import take_steps
from pgtwin.commands.desk import Desk
from pgtwin.errors import LockLost, SiteRefused, SiteUnreachable
from pgtwin.execute import Position, execute
from pgtwin.failback import failback
from pgtwin.failover import failover
from pgtwin.lock import Lock
from pgtwin.lock_keeper import kept
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from pgtwin.site_state import FenceAttempt
from pgtwin.switchover import switchover
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import NOW, ModelClock, Silence
from tests.pgtwin.model.world import first_world
from tests.pgtwin.test_unseen_wal import lost_and_back
from topology.site import SITES, SiteName, other_site


def test_a_run_whose_lock_is_gone_stops_before_its_next_step() -> None:
    cell = Cell(first_world(), Oracle((), 0))
    run, taken = model_run(cell, what="switchover"), list[str]()

    def demote() -> None:
        taken.append("demote")
        cell.world = cell.world.put("dr", replace(cell.world.dr, lock=None))

    steps = tuple(
        Step(name=name, changes="", undo="", act=act)
        for name, act in (("demote", demote), ("promote", lambda: taken.append("promote")))
    )
    plan = Plan(what="x", steps=steps, repeat="x", way_back=steps[1:], last_way_back="promote")

    position = execute(plan, lambda: run.hold_lock(SITES), Silence())

    assert position.outcome == "locked"
    assert taken == ["demote"]


class Recorded(ModelSite):
    """Notes what cannot be taken back."""

    taken: ClassVar[list[str]] = []

    def follow(self, server_name: str) -> None:
        self.taken.append("follow")

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        self.taken.append("fence")
        return ()


def while_it_is_lost(planner: Callable[[Run], Plan], cell: Cell) -> Position:
    """A plan whose lock is taken by another while a person types the word."""

    def confirm(_text: str, _word: str) -> None:
        for name in SITES:
            cell.world = cell.world.put(name, replace(cell.world.place(name), lock="another"))

    run = model_run(cell, what="x", site=Recorded, confirm=confirm)
    return take_steps(run, planner(run), SITES, Silence())


def test_a_word_that_was_typed_after_the_lock_was_lost_deletes_nothing() -> None:
    cell = Cell(lost_and_back(), Oracle((), 0))
    Recorded.taken.clear()

    position = while_it_is_lost(lambda run: failback(run, "primary", cluster="p"), cell)

    assert position.outcome == "locked"
    assert Recorded.taken == []


def test_a_word_that_was_typed_after_the_lock_was_lost_fences_nobody() -> None:
    cell = Cell(first_world(), Oracle((), 0))
    Recorded.taken.clear()

    def fence_only(run: Run) -> Plan:
        """The word of the check is too old by then."""
        plan = failover(run, "dr", cluster="d")
        return replace(plan, steps=tuple(step for step in plan.steps if step.name == "fence"))

    position = while_it_is_lost(fence_only, cell)

    assert position.outcome == "locked"
    assert Recorded.taken == []


class Uncredited(ModelSite):
    """AWS refuses these credentials."""

    def take_lock(self, lock: Lock) -> None:
        raise SiteRefused("missing or expired credentials - run: aws sso login")


def test_without_credentials_a_plan_is_refused_and_nothing_is_turned_back() -> None:
    """It ended as failed, after it had tried to move back a record that it never moved."""
    run = model_run(Cell(first_world(), Oracle((), 0)), what="switchover", site=Uncredited)

    position = take_steps(run, switchover(run, "dr"), SITES, Silence())

    assert position.outcome == "refused"
    assert position.problem == "missing or expired credentials - run: aws sso login"
    assert not run.locked


def test_a_run_that_lost_its_lock_says_what_to_run_next(capsys: pytest.CaptureFixture[str]) -> None:
    run = model_run(Cell(first_world(), Oracle((), 0)), what="switchover")
    plan = Plan(what="switchover to dr", steps=(), repeat="pgtwin switchover --to dr")
    lost = Position(index=2, outcome="locked", problem="the lock in eu-west-1 is gone")

    with pytest.raises(typer.Exit) as left:
        carry_out._close(Desk(Path("config.yaml")), plan, run, lost, last=True)

    assert left.value.exit_code == 5
    assert "run: pgtwin status, then: pgtwin switchover --to dr" in capsys.readouterr().err


def test_a_lock_that_another_took_and_released_is_not_taken_up_again() -> None:
    cell = Cell(first_world(), Oracle((), 0))
    run = model_run(cell, what="switchover")
    run.hold_lock(SITES)
    site: SiteName = "primary"
    cell.world = cell.world.put(site, replace(cell.world.place(site), lock=None))

    try:
        run.hold_lock(SITES)
    except LockLost:
        assert cell.world.place(site).lock is None
    else:
        raise AssertionError("the run went on")


def test_the_lock_is_extended_while_a_step_takes_long() -> None:
    extended = threading.Semaphore(0)

    def extend() -> None:
        extended.release()
        raise LockLost("is said before the next step")

    with kept(extend, every_seconds=0.001):
        assert extended.acquire(timeout=60)
        assert extended.acquire(timeout=60)


def keeps(*sites: SiteName) -> tuple[Run, Cell, list[SiteName]]:
    """A run that holds both locks, and whose are asked to be held for longer at `sites` alone."""
    extended = list[SiteName]()

    class Listed(ModelSite):
        def extend_lock(self, lock: Lock) -> None:
            super().extend_lock(lock)
            if self.name not in sites:
                raise SiteUnreachable(f"{self.name} does not answer")
            extended.append(self.name)

    cell = Cell(first_world(), Oracle((), 0))
    run = model_run(cell, what="failover", site=Listed)
    run.hold_lock(SITES)
    return run, cell, extended


@pytest.mark.parametrize("answering", SITES)
def test_a_region_that_went_silent_in_a_step_lets_the_other_ones_lock_be_extended(
    answering: SiteName,
) -> None:
    run, _, extended = keeps(answering)

    run.extend_lock()

    assert extended == [answering]


@pytest.mark.parametrize("lost", SITES)
def test_a_lost_lock_is_said_behind_the_other_regions_answer(lost: SiteName) -> None:
    run, cell, extended = keeps(*SITES)
    cell.world = cell.world.put(lost, replace(cell.world.place(lost), lock="another"))

    with pytest.raises(LockLost):
        run.extend_lock()

    assert extended == [other_site(lost)]


def test_a_lock_that_no_region_confirms_is_not_held_for_all_that_is_known() -> None:
    run, _, _ = keeps()

    with pytest.raises(SiteUnreachable):
        run.extend_lock()


def test_a_lock_names_who_holds_it_and_for_how_long() -> None:
    lock = Lock(owner="ann@laptop", run="r", what="failover --to dr", since="14:00")

    assert lock.after(61) == "ann@laptop since 14:00 (failover --to dr), for 14 more min at most"


class Sleepy(ModelClock):
    """The laptop sleeps in the first pause; a colleague cancels the failover meanwhile."""

    asleep = 3600.0

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds + self.asleep)
        Recorded.taken.clear()
        world = self._cell.world
        for name in SITES:
            world = world.put(name, replace(world.place(name), lock=None))
        self._cell.world = host_rules.boot(
            world.put("primary", replace(world.primary, stopping=False, up=False)), "primary"
        )


def test_who_slept_in_the_middle_of_a_step_does_not_stop_a_writer_that_was_released() -> None:
    cell = Cell(first_world(), Oracle((), 0))
    run = model_run(cell, what="failover", site=Recorded, clock=Sleepy(cell))
    steps = failover(run, "dr", cluster="d").steps
    plan = Plan(what="x", steps=tuple(s for s in steps if s.name.startswith("re-check")), repeat="")

    position = execute(plan, lambda: run.hold_lock(SITES), Silence())

    assert position.outcome == "locked"
    assert Recorded.taken == []


def test_a_lock_that_was_extended_a_moment_ago_is_not_extended_again() -> None:
    cell = Cell(first_world(), Oracle((), 0))
    run = model_run(cell, what="failover", clock=Sleepy(cell))
    run.hold_lock(SITES)
    for name in SITES:
        cell.world = cell.world.put(name, replace(cell.world.place(name), lock="another"))

    run.renew_lock()


@pytest.mark.parametrize("hours", [1, -1], ids=["it slept", "its clock was set back"])
def test_a_lock_that_may_have_expired_is_asked_for(hours: int) -> None:
    cell = Cell(first_world(), Oracle((), 0))
    clock = Sleepy(cell)
    run = model_run(cell, what="failover", clock=clock)
    run.hold_lock(SITES)
    clock.asleep = 3600.0 * hours
    clock.sleep(0)

    with pytest.raises(LockLost):
        run.renew_lock()
