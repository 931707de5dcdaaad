"""Two clusters without pgtwin on a rig, where nobody has brought two: for the ground `clusters`."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from drill.rig import addresses
from drill.rig.name import ROUTER
from drill.rig.rig import Rig, SiteNotReady
from topology.site import SITES, SiteName

READY_SECONDS = 900.0
_POLL_SECONDS = 2.0


def up(rig: Rig, kubectl: Path, say: Callable[[str], None]) -> str:
    """Make them, and wait until every node is ready; the command that plays the drill there.

    Raises:
        SiteNotReady: when nodes are missing.
    """
    rig.make_cloud()
    rig.deploy()
    rig.build(empty=True)
    for machine in rig.machines():
        machine.power_on()
        say(f"{machine.name} is on")
    for site in SITES:
        _await_nodes(rig, site, kubectl)
        say(f"{site}: every node is ready")
    return command(rig)


def command(rig: Rig) -> str:
    """`make drill-real` inside the rig's network, with the clusters' kubeconfigs."""
    kubeconfigs = ",".join(str(_kubeconfig(rig, site)) for site in SITES)
    return (
        f"ip netns exec {rig.name.namespace(ROUTER)} "
        f"make drill-real CLUSTERS={kubeconfigs} ADDRESS={addresses.USER}"
    )


def ready(nodes: str) -> set[str]:
    """The names of the nodes that are ready, of `kubectl get nodes --output json`."""
    return {
        node["metadata"]["name"]
        for node in json.loads(nodes)["items"]
        for condition in node["status"].get("conditions", ())
        if condition["type"] == "Ready" and condition["status"] == "True"
    }


def _await_nodes(rig: Rig, site: SiteName, kubectl: Path) -> None:
    missing = {machine.spec.hostname for machine in rig.machines([site])}
    wanted, began = frozenset(missing), time.monotonic()
    ask = [str(kubectl), f"--kubeconfig={_kubeconfig(rig, site)}", "get", "nodes", "-o", "json"]
    while missing:
        if time.monotonic() - began > READY_SECONDS:
            raise SiteNotReady(f"{site}: not ready: {', '.join(sorted(missing))}")
        time.sleep(_POLL_SECONDS)
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False)
        missing = set(wanted - ready(answer.stdout)) if answer.returncode == 0 else missing


def _kubeconfig(rig: Rig, site: SiteName) -> Path:
    return rig.name.state / site / "pki/admin.kubeconfig"
