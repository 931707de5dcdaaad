"""A running machine, agents included, gets what its newest bundle has for it, beside k3s."""

import json
from argparse import Namespace

import pytest

from host.gate.packet_filter import CLOSED, PacketFilter
from host.machine.paths import K3S_CONFIG
from host.setup.segment_size import PATH as SEGMENTS
from host.verbs import boot, refresh
from tests.host.boot.world import BOOT, Booted, World

PORT = 30432
HOLD = "/etc/systemd/system/pgtwin-hold.service"
TIMER = "/etc/systemd/system/pgtwin-apply.timer"


def refreshed(booted: Booted) -> dict[str, object]:
    booted.shell.ran.clear()
    return refresh.run(booted.machine, Namespace())


def booted(world: World, node: str) -> Booted:
    machine = world.machine(node)
    boot.run(machine.machine, BOOT)
    return machine


def restarts(machine: Booted) -> set[str]:
    return {argv[2] for argv in machine.shell.ran if argv[:2] == ["systemctl", "try-restart"]}


@pytest.mark.parametrize("node", ["server-1", "agent-1"])
def test_a_machine_gets_the_newest_bundle_with_its_units_and_rules(world: World, node: str) -> None:
    machine = booted(world, node)
    machine.machine.files.write(TIMER, b"of an older program")
    machine.machine.files.remove(SEGMENTS)
    newest = world.publish(world.bundle(host_pyz=b"newer program"))

    result = refreshed(machine)

    assert (result["node"], result["bundle"]) == (node, newest)
    assert result["changed"] == [TIMER]
    assert b"OnCalendar" in machine.machine.files.read(TIMER)
    assert machine.machine.files.exists(SEGMENTS)
    assert restarts(machine) == {"pgtwin-admit.service", "pgtwin-apply.timer"}


def test_the_guard_of_the_other_region_is_left_to_see_the_new_bundle_itself(world: World) -> None:
    """What it saw of a silent region ends with it; only another unit is worth that."""
    server = booted(world, "server-1")
    world.publish(world.bundle(host_pyz=b"newer program"))
    refreshed(server)
    assert "pgtwin-hold.service" not in restarts(server)
    server.machine.files.write(HOLD, b"of an older program")

    refreshed(server)

    assert "pgtwin-hold.service" in restarts(server)


@pytest.mark.parametrize("node", ["server-1", "agent-1"])
def test_a_volume_that_was_enlarged_is_filled_without_a_reboot(world: World, node: str) -> None:
    machine = booted(world, node)

    refreshed(machine)

    assert ["xfs_growfs", "/data"] in machine.shell.ran


def test_nothing_of_k3s_is_restarted_and_its_node_says_what_waits(world: World) -> None:
    agent = booted(world, "agent-1")
    assert refreshed(agent)["k3s_waits"] is False
    agent.machine.files.write(f"{K3S_CONFIG}/config.yaml", b"of an older program")
    agent.machine.files.write("/var/lib/pgtwin/k3s.started", b"with that")

    result = refreshed(agent)

    assert result["k3s_waits"] is True
    assert (
        json.loads(agent.machine.files.read(f"{K3S_CONFIG}/config.yaml"))["node-name"] == "agent-1"
    )
    assert not any("k3s-agent.service" in argv for argv in agent.shell.ran)
    (said,) = [argv for argv in agent.shell.ran if argv[1:4] == ["kubectl", "patch", "node"]]
    notes = json.loads(said[said.index("-p") + 1])["metadata"]["annotations"]
    assert notes == {"pgtwin/bundle": result["bundle"], "pgtwin/k3s-waits": "true"}
    assert "--kubeconfig=/data/k3s/agent/kubelet.kubeconfig" in said


def test_a_boot_says_which_bundle_is_in_force(world: World) -> None:
    agent = booted(world, "agent-1")

    (said,) = [argv for argv in agent.shell.ran if argv[1:4] == ["kubectl", "patch", "node"]]

    assert "pgtwin/bundle" in said[said.index("-p") + 1]


@pytest.mark.parametrize("is_open", [True, False])
def test_an_open_gate_stays_open_and_a_closed_one_gets_the_new_rules(
    world: World, is_open: bool
) -> None:
    agent = booted(world, "agent-1")
    gate = PacketFilter(agent.machine.shell, agent.machine.files, PORT)
    (gate.open if is_open else gate.close)()

    refreshed(agent)

    assert gate.is_open() == is_open
    assert (["nft", "-f", CLOSED] in agent.shell.ran) is not is_open
