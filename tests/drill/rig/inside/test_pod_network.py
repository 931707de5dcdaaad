from typing import Any

from drill.rig.inside.pod_network import routes


def node(name: str, pods: str | None, address: str) -> dict[str, Any]:
    addresses = [
        {"type": "Hostname", "address": name},
        {"type": "InternalIP", "address": address},
    ]
    return {
        "metadata": {"name": name},
        "spec": {"podCIDR": pods} if pods else {},
        "status": {"addresses": addresses},
    }


def test_a_machine_reaches_the_pods_of_every_other_machine_that_has_some() -> None:
    nodes = [
        node("server-1", "10.42.0.0/24", "10.0.0.11"),
        node("agent-1", "10.42.1.0/24", "10.0.0.21"),
        node("agent-2", None, "10.0.0.22"),
    ]

    assert routes(nodes, "server-1") == [("10.42.1.0/24", "10.0.0.21")]
