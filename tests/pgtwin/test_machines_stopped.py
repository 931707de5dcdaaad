"""A fence is done when the machines are seen stopped.

moto stops an instance at once, so EC2's own slowness is played here.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pgtwin.aws import outside_fence
from pgtwin.aws.clients import Clients
from pgtwin.aws.outside_fence import OutsideFence
from pgtwin.errors import SiteFailed, SiteTimedOut
from pgtwin.execute import execute
from pgtwin.failback import failback
from pgtwin.plan import Plan
from pgtwin.release import release
from pgtwin.run import Run
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import first_world


class Ec2(Clients):
    """Each machine goes through its states, one a look; only one that runs can be stopped."""

    def __init__(self, **machines: list[str]) -> None:
        super().__init__("eu-west-1")
        self._machines = machines
        self.asked: list[str] = []

    def client(self, _: str) -> Any:
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: object) -> list[Any]:
        found = []
        for name, states in self._machines.items():
            found.append({"InstanceId": name, "State": {"Name": states[0]}})
            if states[0] != "running":
                del states[: len(states) > 1]
        return [{"Reservations": [{"Instances": found}]}]

    def stop_instances(self, *, InstanceIds: list[str], Force: bool) -> None:  # noqa: N803
        (name,) = InstanceIds
        if self._machines[name][0] == "pending":
            raise ClientError({"Error": {"Code": "IncorrectInstanceState"}}, "StopInstances")
        self.asked.append(name)
        del self._machines[name][:1]

    def start_instances(self, *, InstanceIds: list[str]) -> None:  # noqa: N803
        self.asked += InstanceIds


class Clock:
    """Time that passes while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_fence, "time", Clock())


def fence(ec2: Ec2) -> OutsideFence:
    return OutsideFence(regional=ec2, worldwide=ec2, system="s", site="primary", roles=["r"])


def test_a_machine_that_is_being_stopped_is_waited_for() -> None:
    ec2 = Ec2(a=["running", "stopping", "stopping", "stopped"])

    assert fence(ec2).stop_instances() == "a"
    assert ec2.asked == ["a"]


def test_a_machine_that_does_not_stop_in_time_is_not_called_stopped() -> None:
    ec2 = Ec2(a=["running", *["stopping"] * 100, "stopped"], b=["stopped"])

    with pytest.raises(SiteTimedOut, match="not confirmed yet: a stopping, b stopped"):
        fence(ec2).stop_instances()
    assert fence(ec2).power() == "stopping"


def test_one_machine_that_is_starting_does_not_keep_the_others_running() -> None:
    ec2 = Ec2(a=["pending", "pending", "running", "stopped"], b=["running", "stopped"])

    assert fence(ec2).stop_instances() == "a, b"
    assert ec2.asked == ["b", "a"]


@pytest.mark.parametrize(
    ("states", "power"),
    [
        (("running", "stopped"), "running"),
        (("pending", "stopped"), "running"),
        (("stopping", "stopped"), "stopping"),
        (("stopped", "stopped"), "stopped"),
    ],
)
def test_a_site_is_stopped_when_its_last_machine_is(states: tuple[str, str], power: str) -> None:
    assert fence(Ec2(a=[states[0]], b=[states[1]])).power() == power


def test_a_site_without_machines_cannot_be_called_stopped() -> None:
    with pytest.raises(SiteFailed, match="no instance"):
        fence(Ec2()).stop_instances()


def test_a_machine_that_is_still_being_stopped_is_started_once_it_is() -> None:
    ec2 = Ec2(a=["stopping", "stopping", "stopped"], b=["stopped"])

    fence(ec2).start_instances()

    assert ec2.asked == ["a", "b"]


def test_where_one_machine_of_four_runs_the_other_three_are_started() -> None:
    ec2 = Ec2(a=["running"], b=["stopped"], c=["stopped"], d=["stopped"])

    fence(ec2).start_instances()

    assert ec2.asked == ["b", "c", "d"]


@pytest.mark.parametrize(
    "planner",
    [lambda run: failback(run, "primary", cluster="p"), lambda run: release(run, "primary")],
)
def test_a_site_of_which_one_machine_answers_is_not_taken_for_started(
    planner: Callable[[Run], Plan],
) -> None:
    started = list[str]()

    class Answers(ModelSite):
        def start(self) -> None:
            started.append(self.name)

    run = model_run(Cell(first_world(), Oracle((), 0)), what="x", site=Answers)
    step = next(s for s in planner(run).steps if s.name == "start the machines")
    execute(Plan(what="x", steps=(step,), repeat="x"), lambda: None, Silence())

    assert started == ["primary"]
