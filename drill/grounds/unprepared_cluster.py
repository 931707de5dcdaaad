"""What docs/drill-real.md asks a user to prepare, looked at before anything is touched.

What always holds: this only reads. What could not be read is missing, with the reason.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from drill.ground_site import NoAnswer
from drill.grounds.kubectl import Kubectl
from drill.rig.empty_machine import (
    CONTROL_PLANE_TAINT,
    DATABASE_LABEL,
    REGION_LABEL,
    ZONE_LABEL,
)
from host.setup.machine_settings import POD_SYSCTLS
from topology.site import Site, SiteName
from topology.topology import Topology

Object = dict[str, Any]
POLICIES = "mutatingadmissionpolicies"
_POLICY_GROUP = "/apis/admissionregistration.k8s.io/v1"


def unprepared(kubectl: Kubectl, name: str, topology: Topology, site: SiteName) -> Sequence[str]:
    """What a cluster lacks to be this site; each reason on one line."""
    try:
        kinds = {each["name"] for each in kubectl.read(_POLICY_GROUP)["resources"]}
        nodes = {each["metadata"]["name"]: each for each in kubectl.read("/api/v1/nodes")["items"]}
        wanted = topology.nodes(site)
        sysctls = {each: _sysctls(kubectl, each) for each in wanted if each in nodes}
    except NoAnswer as error:
        return [f"{name}: {str(error).strip().splitlines()[-1]}; nothing was touched"]
    found = [*_without_policies(kinds), *wrong_nodes(nodes, sysctls, topology, site)]
    return [f"{name}: {each}; nothing was touched" for each in found]


def wrong_nodes(
    nodes: Mapping[str, Object],
    sysctls: Mapping[str, Collection[str]],
    topology: Topology,
    site: SiteName,
) -> Iterator[str]:
    """What is wrong with the nodes; `sysctls` is what the kubelet of each lets pods set."""
    here, wanted = topology.site(site), topology.nodes(site)
    if missing := [node for node in wanted if node not in nodes]:
        yield f"no node {', '.join(missing)}; the {site} site has {', '.join(wanted)}"
    for node in (each for each in wanted if each in nodes):
        yield from _without_its_place(nodes[node], node, here)
        runs_database = node in wanted[-here.database_nodes :]
        yield from _without_its_work(nodes[node], node, runs_database=runs_database)
        if denied := sorted(set(POD_SYSCTLS) - set(sysctls[node])):
            yield f"the kubelet of {node} lets no pod set {', '.join(denied)}"


def _without_its_place(node: Object, name: str, here: Site) -> Iterator[str]:
    labels = _labels(node)
    if labels.get(REGION_LABEL) != here.region:
        yield f"{name} has no label {REGION_LABEL}={here.region}"
    if labels.get(ZONE_LABEL) not in here.zones:
        yield f"{name} has no label {ZONE_LABEL}; allowed: {', '.join(here.zones)}"


def _without_its_work(node: Object, name: str, *, runs_database: bool) -> Iterator[str]:
    label, value = DATABASE_LABEL
    if runs_database and _labels(node).get(label) != value:
        yield f"{name} runs the database and has no label {label}={value}"
    if not runs_database and CONTROL_PLANE_TAINT not in _taints(node):
        yield f"{name} runs no database and has no taint {CONTROL_PLANE_TAINT}:NoSchedule"


def _without_policies(kinds: Collection[str]) -> Iterator[str]:
    if POLICIES not in kinds:
        yield f"the API has no {POLICIES} in {_POLICY_GROUP.removeprefix('/apis/')}"


def _labels(node: Object) -> Mapping[str, str]:
    found: Mapping[str, str] = node["metadata"].get("labels", {})
    return found


def _taints(node: Object) -> set[str]:
    return {
        taint["key"] for taint in node["spec"].get("taints", ()) if taint["effect"] == "NoSchedule"
    }


def _sysctls(kubectl: Kubectl, node: str) -> Sequence[str]:
    """Of the kubelet's running configuration, which its `configz` shows (kubelet v1.36)."""
    kubelet = kubectl.read(f"/api/v1/nodes/{node}/proxy/configz")["kubeletconfig"]
    allowed: Sequence[str] = kubelet.get("allowedUnsafeSysctls") or ()
    return allowed
