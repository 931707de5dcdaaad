"""A user's cluster that is not as docs/drill-real.md asks is refused, with what it lacks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drill.grounds.unprepared_cluster import wrong_nodes
from host.setup.machine_settings import POD_SYSCTLS
from topology.load import load
from topology.site import SITES, SiteName

DEFAULT = load(Path("config/default.yaml"))
TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


def _nodes(site: SiteName) -> dict[str, dict[str, Any]]:
    """As the document asks for them."""
    here, names = DEFAULT.site(site), DEFAULT.nodes(site)
    return {
        name: {
            "metadata": {
                "name": name,
                "labels": {
                    "topology.kubernetes.io/region": here.region,
                    "topology.kubernetes.io/zone": here.zones[0],
                    **({"workload": "postgres"} if name in names[-here.database_nodes :] else {}),
                },
            },
            "spec": {} if name in names[-here.database_nodes :] else {"taints": [TAINT]},
        }
        for name in names
    }


def _wrong(nodes: dict[str, dict[str, Any]], site: SiteName = "primary") -> list[str]:
    return list(wrong_nodes(nodes, dict.fromkeys(nodes, POD_SYSCTLS), DEFAULT, site))


@pytest.mark.parametrize("site", SITES)
def test_nodes_as_the_document_asks_for_them_are_taken(site: SiteName) -> None:
    assert _wrong(_nodes(site), site) == []


LACKS: dict[str, Callable[[dict[str, dict[str, Any]]], object]] = {
    "no node agent-2;": lambda nodes: nodes.pop("agent-2"),
    "agent-1 has no label topology.kubernetes.io/region=eu-west-1": lambda nodes: nodes["agent-1"][
        "metadata"
    ]["labels"].pop("topology.kubernetes.io/region"),
    "agent-1 has no label topology.kubernetes.io/zone; allowed: eu-west-1a": lambda nodes: nodes[
        "agent-1"
    ]["metadata"]["labels"].update({"topology.kubernetes.io/zone": "eu-west-2a"}),
    "agent-3 runs the database and has no label workload=postgres": lambda nodes: nodes["agent-3"][
        "metadata"
    ]["labels"].pop("workload"),
    "server-1 runs no database and has no taint": lambda nodes: nodes["server-1"].update(spec={}),
}


@pytest.mark.parametrize("reason", LACKS)
def test_what_a_node_lacks_is_named(reason: str) -> None:
    nodes = _nodes("primary")
    LACKS[reason](nodes)

    (line,) = _wrong(nodes)

    assert line.startswith(reason)


def test_a_kubelet_that_would_not_start_the_operator_is_named() -> None:
    nodes = _nodes("dr")

    (line,) = wrong_nodes(nodes, {"server-1": ()}, DEFAULT, "dr")

    assert line == f"the kubelet of server-1 lets no pod set {POD_SYSCTLS[0]}"
