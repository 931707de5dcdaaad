"""A verb reaches its machine while EC2's API is away: Session Manager knows the machines too."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pgtwin.aws import ssm_host
from pgtwin.aws.clients import Clients
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.errors import SiteRefused, SiteUnreachable

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
        self.ec2_says: Error | None = None
        self.ssm_says: Error | None = None
        self.asked: list[str] = []

    def client(self, _: str) -> Any:
        return self

    @property
    def exceptions(self) -> Any:
        return self

    InvocationDoesNotExist = KeyError

    def describe_instances(self, **_: object) -> dict[str, Any]:
        if self.ec2_says:
            raise self.ec2_says()
        found = [{"InstanceId": name, "LaunchTime": at} for name, at in LAUNCHED.items()]
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
        return {"Status": "Success", "ResponseCode": 0, "StandardOutputContent": "{}"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssm_host, "POLL_SECONDS", 0.0)


def host(region: Region) -> SsmHost:
    return SsmHost(region, system="pgtwin", site="dr")


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
