"""The stand-in for flannel: routes to the pods of the other machines, and masquerading.

All machines of a site are on one network, so a route per machine does what flannel's VXLAN does
between them; nothing is encapsulated.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from drill.rig.inside import k3s_files
from drill.rig.inside.kube_api import KubeApi, Object

_CNI = Path("/etc/cni/net.d/10-k3s.conflist")


def routes(nodes: Sequence[Object], here: str) -> list[tuple[str, str]]:
    """Pod network and address of every other machine that has both."""
    found = []
    for node in nodes:
        pods = node["spec"].get("podCIDR")
        addresses = node.get("status", {}).get("addresses", ())
        internal = [each["address"] for each in addresses if each["type"] == "InternalIP"]
        if node["metadata"]["name"] != here and pods and internal:
            found.append((pods, internal[0]))
    return found


class PodNetwork:
    """Of one machine."""

    def __init__(self, api: KubeApi, node: str) -> None:
        self._api = api
        self._node = node
        self._done: set[tuple[str, str]] = set()

    def settle(self) -> None:
        """Write the CNI configuration and the routes as the API's nodes have them now."""
        nodes = self._api.items("/api/v1/nodes")
        mine = [each for each in nodes if each["metadata"]["name"] == self._node]
        pods_here = mine[0]["spec"].get("podCIDR") if mine else None
        if pods_here and not _CNI.exists():
            self._open(pods_here)
        for network, address in set(routes(nodes, self._node)) - self._done:
            _run("ip", "route", "replace", network, "via", address)
            self._done.add((network, address))

    def _open(self, pods_here: str) -> None:
        _run("iptables", "-w", "-t", "nat", "-A", *k3s_files.masquerading())
        _CNI.parent.mkdir(parents=True, exist_ok=True)
        _CNI.write_text(json.dumps(k3s_files.pod_network(pods_here)), encoding="utf-8")


def forget() -> None:
    """Before the kubelet starts: the machine's network began empty."""
    _CNI.unlink(missing_ok=True)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
