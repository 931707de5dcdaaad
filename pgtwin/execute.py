"""Runs a plan, one step at a time.

What always holds:

* Before each step the lock is extended; a run that lost it does nothing more. Where a region does
  not say whether it still has it, a step that can be left is left.
* A step whose end is already there is passed over; a step that was done is looked at again, and
  only what was observed counts.
* A refused check changes nothing, so it turns nothing back. Any later failure, a refusal included,
  takes the plan's way back where it has one; otherwise the run stops, and repeating the command is
  safe.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pgtwin.errors import (
    Locked,
    PlanRefused,
    RecordConflict,
    SiteError,
    SiteTimedOut,
    StepFailed,
    StepTimedOut,
)
from pgtwin.plan import Plan, Step

Outcome = Literal["done", "refused", "locked", "rolled back", "stopped", "timed out"]
_FAILURES = (SiteError, RecordConflict, StepFailed, PlanRefused)


class Journal(Protocol):
    """Takes one line per beginning and end of a step; losing a line never stops a run."""

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Write that `event` (begun, done, already done, left to do, failed) happened to `step`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a run has come; `outcome` is set at its end."""

    index: int = 0
    turned_back: bool = False
    problem: str = ""
    outcome: Outcome | None = None


def execute(plan: Plan, hold_lock: Callable[[], None], journal: Journal) -> Position:
    """Run the plan to its end; the last position says how it ended and why."""
    position = Position()
    while position.outcome is None:
        position = advance(plan, position, hold_lock, journal)
    return position


def advance(
    plan: Plan, position: Position, hold_lock: Callable[[], None], journal: Journal
) -> Position:
    """Take one step; where that leads."""
    step = (plan.way_back if position.turned_back else plan.steps)[position.index]
    try:
        if _may_take(step, hold_lock, journal):
            _take(step, journal)
    except Locked as error:
        return _ended(position, "locked", error)
    except _FAILURES as error:
        journal.note(step.name, "failed", str(error))
        if position == Position() and isinstance(error, PlanRefused):
            return _ended(position, "refused", error)
        return _after_failure(plan, position, f"{step.name}: {error}", _without_way_back(error))
    return _after_success(plan, position)


def _may_take(step: Step, hold_lock: Callable[[], None], journal: Journal) -> bool:
    try:
        hold_lock()
    except SiteError as error:
        if step.leave is None:
            raise
        step.leave(error)
        journal.note(step.name, "left to do", str(error))
        return False
    return True


def _take(step: Step, journal: Journal) -> None:
    if step.done():
        journal.note(step.name, "already done")
        return
    journal.note(step.name, "begun")
    step.act()
    journal.note(step.name, "done")


def _after_success(plan: Plan, position: Position) -> Position:
    steps = plan.way_back if position.turned_back else plan.steps
    if position.index + 1 < len(steps):
        return Position(
            index=position.index + 1, turned_back=position.turned_back, problem=position.problem
        )
    return Position(
        index=position.index,
        turned_back=position.turned_back,
        problem=position.problem,
        outcome="rolled back" if position.turned_back else "done",
    )


def _after_failure(plan: Plan, position: Position, problem: str, outcome: Outcome) -> Position:
    if not position.turned_back and plan.may_turn_back_at(position.index):
        return Position(turned_back=True, problem=problem)
    both = f"{position.problem}; then {problem}" if position.problem else problem
    return Position(
        index=position.index, turned_back=position.turned_back, problem=both, outcome=outcome
    )


def _without_way_back(error: Exception) -> Outcome:
    if isinstance(error, PlanRefused):
        return "refused"
    return "timed out" if isinstance(error, SiteTimedOut | StepTimedOut) else "stopped"


def _ended(position: Position, outcome: Outcome, error: Exception) -> Position:
    problem = f"{position.problem}; then {error}" if position.problem else str(error)
    return Position(
        index=position.index, turned_back=position.turned_back, problem=problem, outcome=outcome
    )
