"""How a run ends, by which step said what."""

import pytest

from pgtwin.errors import (
    LockLost,
    PgtwinError,
    PlanRefused,
    RecordConflict,
    SiteFailed,
    StepFailed,
)
from pgtwin.execute import execute
from pgtwin.plan import Plan, Step


class Silence:
    def note(self, step: str, event: str, detail: str = "") -> None:
        pass


class Steps:
    """Steps that only remember that they were taken; one of them ends with an error."""

    def __init__(self, *, fails: str, error: PgtwinError) -> None:
        self._fails = fails
        self._error = error
        self.taken: list[str] = []

    def step(self, name: str) -> Step:
        def act() -> None:
            if name == self._fails:
                raise self._error
            self.taken.append(name)

        return Step(name=name, changes="", undo="", act=act)

    def plan(self, *, turns_back: bool) -> Plan:
        return Plan(
            what="x",
            steps=(self.step("check"), self.step("demote"), self.step("promote")),
            repeat="x",
            way_back=(self.step("back"),) if turns_back else (),
            last_way_back="demote" if turns_back else None,
        )


def _run(steps: Steps, *, turns_back: bool) -> str | None:
    return execute(steps.plan(turns_back=turns_back), lambda: None, Silence()).outcome


def test_a_refused_check_changes_nothing_and_turns_nothing_back() -> None:
    steps = Steps(fails="check", error=PlanRefused("no"))

    assert _run(steps, turns_back=True) == "refused"
    assert steps.taken == []


@pytest.mark.parametrize(
    "error",
    [PlanRefused("no"), RecordConflict("newer"), SiteFailed("broken"), StepFailed("stuck")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_goes_wrong_after_a_change_takes_the_way_back(error: PgtwinError) -> None:
    steps = Steps(fails="demote", error=error)

    assert _run(steps, turns_back=True) == "rolled back"
    assert steps.taken == ["check", "back"]


def test_a_lock_that_is_lost_on_the_way_back_hides_not_what_went_wrong_before() -> None:
    steps = Steps(fails="demote", error=SiteFailed("broken"))
    held = iter([True, True])

    def hold() -> None:
        if not next(held, False):
            raise LockLost("it expired")

    position = execute(steps.plan(turns_back=True), hold, Silence())

    assert (position.outcome, steps.taken) == ("locked", ["check"])
    assert position.problem == "demote: broken; then it expired"


@pytest.mark.parametrize(
    ("error", "outcome"), [(PlanRefused("no"), "refused"), (SiteFailed("broken"), "stopped")]
)
def test_a_plan_without_a_way_back_ends_where_it_stands(error: PgtwinError, outcome: str) -> None:
    steps = Steps(fails="promote", error=error)

    assert _run(steps, turns_back=False) == outcome
    assert steps.taken == ["check", "demote"]
