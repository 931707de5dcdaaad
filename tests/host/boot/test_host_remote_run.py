"""A verb on another machine: which one is asked, and what its outcome means."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from host.bundle import bundle
from host.errors import Failed, TimedOut
from host.setup.remote_run import run_on
from host.site import Site
from tests.host.boot.world import World


class NotKnown:
    """The exceptions of SSM as far as they are met here."""

    class InvocationDoesNotExist(Exception):  # noqa: N818 (AWS' name)
        """The command was sent a moment ago."""


@dataclass
class SessionManager:
    """SSM and EC2 as far as it is asked here; the status comes at the third look."""

    status: str | None
    asked: dict[str, Any] | None = None
    looks: int = 0
    in_use: bool = True
    exceptions: Any = NotKnown

    def client(
        self, _service: str, _region: str | None = None, *, brief: bool = False
    ) -> "SessionManager":
        return self

    def anybody(self, _service: str) -> "SessionManager":
        return self

    def send_command(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {"Command": {"CommandId": "c-1"}}

    def get_command_invocation(self, CommandId: str, InstanceId: str) -> dict[str, Any]:  # noqa: N803
        assert (CommandId, InstanceId) == ("c-1", "i-2")
        self.looks += 1
        if self.status is None or self.looks == 1:
            raise self.exceptions.InvocationDoesNotExist
        return {"Status": self.status if self.looks > 2 else "InProgress"}

    def describe_volumes(self, Filters: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert {"Name": "tag:pgtwin:node", "Values": ["agent-2"]} in Filters
        attached = [{"InstanceId": "i-2", "State": "attached"}] if self.in_use else []
        return {"Volumes": [{"VolumeId": "vol-2", "Attachments": attached}]}


def site_with(world: World, manager: SessionManager) -> Site:
    machine = world.machine("server-1").machine
    bundle.fetch(machine)
    return Site.current(replace(machine, aws=manager))


def test_asks_nobody_where_no_machine_has_the_volume(world: World) -> None:
    manager = SessionManager("Success", in_use=False)

    with pytest.raises(Failed, match="no machine has the data volume of agent-2"):
        run_on(site_with(world, manager), "agent-2", "upgrade", "--local")
    assert manager.asked is None


def test_asks_the_machine_that_has_the_volume_through_the_sites_own_document(world: World) -> None:
    manager = SessionManager("Success")

    run_on(site_with(world, manager), "agent-2", "upgrade", "--local")

    assert manager.asked == {
        "DocumentName": "pgtwin-primary-host",
        "InstanceIds": ["i-2"],
        "Parameters": {"verb": ["upgrade"], "arguments": ["--local"]},
    }
    assert manager.looks == 3


@pytest.mark.parametrize("status", ["Failed", "TimedOut", "Cancelled", "Undeliverable"])
def test_anything_but_success_stops(world: World, status: str) -> None:
    with pytest.raises(Failed, match=f"upgrade on agent-2 ended with {status}"):
        run_on(site_with(world, SessionManager(status)), "agent-2", "upgrade", "--local")


def test_a_machine_out_of_reach_is_given_up(world: World) -> None:
    with pytest.raises(TimedOut, match="upgrade on agent-2"):
        run_on(site_with(world, SessionManager(None)), "agent-2", "upgrade", "--local")
