"""A verb reaches its machine while EC2's API is away: Session Manager knows the machines too."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pgtwin.aws import ssm_host
from pgtwin.aws.clients import Clients
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.deadlines import TAKEN_SECONDS
from pgtwin.errors import SiteHangs, SiteRefused, SiteUnreachable
from pgtwin.execute import execute
from pgtwin.failover import failover
from pgtwin.site_state import FenceAttempt, Power
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import first_world
from tests.pgtwin.test_gray_failures import Clock
from topology.names import Names

Error = Callable[[], Exception]
OLD, NEW, DEAD = "i-2", "i-1", "i-0"
LAUNCHED = {OLD: datetime(2026, 1, 1, tzinfo=UTC), NEW: datetime(2026, 2, 1, tzinfo=UTC)}


def says(code: str) -> Error:
    def error() -> Exception:
        found: Exception = ClientError({"Error": {"Code": code}}, "DescribeInstances")
        return found

    return error


def silent() -> Exception:
    found: Exception = EndpointConnectionError(endpoint_url="https://ec2.eu-west-2.amazonaws.com")
    return found


class Region(Clients):
    """Both services of one region, and which machine was asked."""

    def __init__(self, *online: str) -> None:
        super().__init__("eu-west-2")
        self.online = online
        self.stopping: tuple[str, ...] = ()
        self.ec2_says: Error | None = None
        self.ssm_says: Error | None = None
        self.asked: list[str] = []
        self.status = "Success"

    def client(self, _: str) -> Any:
        return self

    @property
    def exceptions(self) -> Any:
        return self

    InvocationDoesNotExist = KeyError

    def describe_instances(self, **_: object) -> dict[str, Any]:
        if self.ec2_says:
            raise self.ec2_says()
        found = [
            {
                "InstanceId": name,
                "LaunchTime": at,
                "State": {"Name": "stopping" if name in self.stopping else "running"},
            }
            for name, at in LAUNCHED.items()
        ]
        return {"Reservations": [{"Instances": found}]}

    def describe_instance_information(self, **_: object) -> dict[str, Any]:
        if self.ssm_says:
            raise self.ssm_says()
        found = [{"InstanceId": name, "PingStatus": "Online"} for name in self.online]
        return {"InstanceInformationList": found}

    def send_command(self, *, InstanceIds: list[str], **_: object) -> dict[str, Any]:  # noqa: N803
        self.asked += InstanceIds
        return {"Command": {"CommandId": "1"}}

    def get_command_invocation(self, **_: object) -> dict[str, Any]:
        return {"Status": self.status, "ResponseCode": 0, "StandardOutputContent": "{}"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(ssm_host, "time", found)
    return found


def host(region: Region) -> SsmHost:
    return SsmHost(region, names=Names(system="pgtwin"), site="dr")


@pytest.mark.parametrize(
    "error", [silent, says("RequestLimitExceeded"), says("ServiceUnavailable")]
)
@pytest.mark.parametrize("verb", ["status", "fence", "promote"])
def test_a_verb_runs_where_ec2_does_not_say_which_machines_run(verb: str, error: Error) -> None:
    region = Region(OLD)
    region.ec2_says = error

    host(region).run(verb)

    assert region.asked == [OLD]


def test_the_machine_stays_the_oldest_that_ec2_named_before_it_fell_silent() -> None:
    region = Region(NEW, OLD)
    runner = host(region)
    runner.run("status")
    region.ec2_says = silent

    runner.run("status")

    assert region.asked == [OLD, OLD]


def test_of_machines_of_unknown_age_it_is_always_the_same() -> None:
    one, other = Region(NEW, OLD), Region(OLD, NEW)
    for region in (one, other):
        region.ec2_says = silent
        host(region).run("status")

    assert one.asked == other.asked


def test_a_machine_that_ec2_does_not_call_running_is_not_asked() -> None:
    region = Region(DEAD, NEW)

    host(region).run("status")

    assert region.asked == [NEW]
    with pytest.raises(SiteUnreachable, match="no server in eu-west-2 is online"):
        host(Region(DEAD)).run("status")


def test_a_machine_that_is_being_stopped_may_still_work_and_is_asked_where_no_other_is() -> None:
    alone, beside = Region(OLD), Region(OLD, NEW)
    for region in (alone, beside):
        region.stopping = (OLD,)
        host(region).run("fence")

    assert (alone.asked, beside.asked) == ([OLD], [NEW])


def test_a_silent_ec2_is_no_answer_of_a_region_whose_session_manager_is_silent_too() -> None:
    region = Region(OLD)
    region.ec2_says = region.ssm_says = silent

    with pytest.raises(SiteUnreachable):
        host(region).run("status")

    assert not region.asked


def test_credentials_that_may_not_look_for_machines_are_said() -> None:
    region = Region(OLD)
    region.ec2_says = says("UnauthorizedOperation")

    with pytest.raises(SiteRefused):
        host(region).run("status")


@pytest.mark.parametrize(
    ("status", "means"), [("Pending", SiteUnreachable), ("InProgress", SiteHangs)]
)
def test_a_dead_machine_that_session_manager_calls_online_is_given_up_soon(
    status: str, means: type[Exception], clock: Clock
) -> None:
    """One that took the command is waited for as ever."""
    region = Region(OLD)
    region.ec2_says, region.status = silent, status

    with pytest.raises(means):
        host(region).run("status")

    assert (clock.seconds <= TAKEN_SECONDS + 1) == (status == "Pending")


class WithoutEc2(ModelSite):
    """Its machines run and answer; EC2 neither stops them nor says how they are."""

    fences = 0

    def power(self) -> Power:
        raise SiteUnreachable("EC2 does not answer")

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        WithoutEc2.fences += 1
        return (FenceAttempt(way="instances stopped", worked=False, detail="no answer"),)


def test_nobody_is_promoted_beside_a_writer_that_answers_while_ec2_does_not(clock: Clock) -> None:
    cell = Cell(first_world(), Oracle((), 0))
    run = model_run(cell, what="failover", site=WithoutEc2, clock=clock)

    position = execute(failover(run, "dr", cluster="d"), lambda: run.hold_lock(("dr",)), Silence())

    assert position.outcome == "timed out", position.problem
    assert "primary accepts no writes; nothing was promoted" in position.problem
    assert cell.world.primary.accepts
    assert not cell.world.dr.accepts
    assert WithoutEc2.fences > 2, "it is fenced again and again"
