"""A verb on another machine: which one is asked, and what its outcome means."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from host.bundle import bundle
from host.errors import Failed, TimedOut
from host.setup.remote_run import run_on
from host.site import Site
from tests.host.boot.world import World


@dataclass
class SessionManager:
    """SSM as far as it is asked here; the status comes at the third look."""

    status: str | None
    asked: dict[str, Any] | None = None
    looks: int = 0

    def client(
        self, _service: str, _region: str | None = None, *, brief: bool = False
    ) -> "SessionManager":
        return self

    def send_command(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {"Command": {"CommandId": "c-1"}}

    def list_command_invocations(self, CommandId: str) -> dict[str, Any]:  # noqa: N803
        self.looks += 1
        if self.status is None:
            return {"CommandInvocations": []}
        status = self.status if self.looks > 2 else "InProgress"
        return {"CommandInvocations": [{"CommandId": CommandId, "Status": status}]}


def site_with(world: World, manager: SessionManager) -> Site:
    machine = world.machine("server-1").machine
    bundle.fetch(machine)
    return Site.current(replace(machine, aws=manager))


def test_asks_the_one_machine_of_this_site_through_its_own_document(world: World) -> None:
    manager = SessionManager("Success")

    run_on(site_with(world, manager), "agent-2", "upgrade", "--local")

    assert manager.asked == {
        "DocumentName": "pgtwin-primary-host",
        "Targets": [
            {"Key": "tag:pgtwin:system", "Values": ["pgtwin"]},
            {"Key": "tag:pgtwin:site", "Values": ["primary"]},
            {"Key": "tag:pgtwin:node", "Values": ["agent-2"]},
        ],
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
