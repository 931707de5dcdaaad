"""What Run Command says of a command that never reached its machine, and of one that failed."""

import json
from typing import Any

import pytest

from pgtwin.aws.aws_site import AwsSite
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.errors import SiteFailed, SiteUnclear, SiteUnreachable
from topology.names import Names


class Answered(SsmHost):
    """Run Command has answered with this invocation."""

    def __init__(self, invocation: dict[str, Any]) -> None:
        super().__init__(self, names=Names(system="pgtwin"), site="dr")  # type: ignore[arg-type]
        self.region = "eu-west-2"
        self.invocation = invocation

    def ask(self, *_: object) -> str:
        """The command's id."""
        return "1"

    def _server(self) -> str:
        return "i-1"

    def _wait(self, command: str, instance: str, verb: str, until: float) -> dict[str, Any]:
        return self.invocation


@pytest.mark.parametrize(
    ("status", "details"),
    [
        ("TimedOut", "Delivery Timed Out"),
        ("TimedOut", "DeliveryTimedOut"),
        ("Failed", "Undeliverable"),
        ("Failed", "Terminated"),
    ],
)
def test_whether_it_ran_is_unknown_where_it_was_not_delivered(status: str, details: str) -> None:
    with pytest.raises(SiteUnreachable, match="did not accept"):
        Answered({"Status": status, "StatusDetails": details, "ResponseCode": -1}).run("status")


def test_what_ran_and_failed_is_a_failure() -> None:
    failed = {"Status": "Failed", "StatusDetails": "Failed", "ResponseCode": 3}

    with pytest.raises(SiteFailed) as raised:
        Answered(failed).run("fence")
    assert not isinstance(raised.value, SiteUnclear)


@pytest.mark.parametrize("code", [-1, 1, 2, 3, 4, 5, 127])
def test_a_machine_that_answers_a_look_with_an_error_cannot_tell(code: int) -> None:
    failed = {"Status": "Failed", "StatusDetails": "Failed", "ResponseCode": code}

    with pytest.raises(SiteUnclear):
        Answered(failed).run("status", "--state")


def test_a_machine_that_answers_without_a_state_cannot_tell() -> None:
    said = {"state": None, "errors": {"cluster": "kubectl: the server is down"}}
    answer = {"Status": "Success", "ResponseCode": 0, "StandardOutputContent": json.dumps(said)}
    nobody: Any = None
    site = AwsSite(
        name="primary",
        host=Answered(answer),
        parameters=nobody,
        outside=nobody,
        alias=nobody,
        load_balancers={},
        buckets=dict,
    )

    with pytest.raises(SiteUnclear, match="the server is down"):
        site.observe()
