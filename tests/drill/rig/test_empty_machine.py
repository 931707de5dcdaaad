"""The nodes of an empty cluster are what docs/drill-real.md asks a user for."""

from ipaddress import IPv4Address
from pathlib import Path

from drill.rig.deployed_machine import DeployedMachine
from drill.rig.empty_clusters import ready
from drill.rig.empty_machine import config
from host.setup.machine_settings import POD_SYSCTLS
from topology.load import load
from topology.site import SiteName

DEFAULT = load(Path(__file__).parents[3] / "config/default.yaml")
DATABASE = "workload=postgres"


def machine(site: SiteName, node: str) -> DeployedMachine:
    return DeployedMachine(
        site=site,
        node=node,
        role=node.partition("-")[0],
        zone=DEFAULT.site(site).zones[0],
        instance="i-1",
        address=IPv4Address("10.0.0.10"),
        volume="vol-1",
        user_data=b"",
    )


def test_the_database_runs_on_agents_and_where_there_are_none_on_the_server() -> None:
    server, agent = (config(DEFAULT, machine("primary", each)) for each in ("server-1", "agent-1"))
    alone = config(DEFAULT, machine("dr", "server-1"))

    assert DATABASE in agent["node-label"]
    assert DATABASE in alone["node-label"]
    assert DATABASE not in server["node-label"]
    assert server["node-taint"] == ["node-role.kubernetes.io/control-plane=:NoSchedule"]
    assert "node-taint" not in alone


def test_every_node_says_where_it_is_and_lets_pods_set_what_the_operator_sets() -> None:
    for each in (machine("primary", "agent-1"), machine("dr", "server-1")):
        found = config(DEFAULT, each)
        region = DEFAULT.site(each.site).region
        assert f"topology.kubernetes.io/region={region}" in found["node-label"]
        assert f"topology.kubernetes.io/zone={each.zone}" in found["node-label"]
        assert found["kubelet-arg"] == [f"allowed-unsafe-sysctls={','.join(POD_SYSCTLS)}"]


def test_a_node_that_is_not_ready_or_has_not_said_so_is_waited_for() -> None:
    def node(name: str, status: str) -> str:
        condition = f'{{"type": "Ready", "status": "{status}"}}'
        return f'{{"metadata": {{"name": "{name}"}}, "status": {{"conditions": [{condition}]}}}}'

    silent = '{"metadata": {"name": "c"}, "status": {}}'
    nodes = ", ".join([node("a", "True"), node("b", "Unknown"), silent])

    assert ready(f'{{"items": [{nodes}]}}') == {"a"}
