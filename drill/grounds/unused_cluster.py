"""Whether the clusters that a user brings can be used: what is there, and empty of ours.

What always holds: this only reads. What could not be read is never taken for absent.
"""

import ipaddress
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from charts.namespaces import NAMESPACES
from drill.ground_site import NoAnswer
from drill.grounds.kubectl import Kubectl
from drill.grounds.unprepared_cluster import unprepared
from topology.site import SITES
from topology.topology import Topology

OUR_GROUPS = ("postgresql.cnpg.io", "barmancloud.cnpg.io")
HELM_GROUP = "helm.cattle.io"
KUBECONFIGS = 2
OUR_CHARTS = ("cert-manager", "cloudnative-pg", "plugin-barman-cloud")


class ClusterUnfit(Exception):  # noqa: N818 (says what was found)
    """A cluster cannot be used; the message says why, on one line, and nothing was touched."""


def kubectl_of(kubeconfig: Path) -> Kubectl:
    """The user's kubectl, led to one of the clusters."""
    return Kubectl(command=("kubectl", f"--kubeconfig={kubeconfig.resolve()}"))


def unfit(kubeconfigs: Sequence[Path], address: str, topology: Topology) -> list[str]:
    """Why these clusters cannot be used; each reason on one line."""
    reasons = list(_wrong(kubeconfigs, address))
    if reasons:
        return reasons
    try:
        identities = {check(kubectl_of(each), str(each)) for each in kubeconfigs}
    except ClusterUnfit as reason:
        return [str(reason)]
    if len(identities) != KUBECONFIGS:
        return ["CLUSTERS: both kubeconfigs lead to the same cluster; nothing was touched"]
    return [
        reason
        for site, each in zip(SITES, kubeconfigs, strict=True)
        for reason in unprepared(kubectl_of(each), str(each), topology, site)
    ]


def _wrong(kubeconfigs: Sequence[Path], address: str) -> Iterator[str]:
    """What is wrong already before a cluster is asked."""
    if len(kubeconfigs) != KUBECONFIGS:
        yield f"CLUSTERS: {len(kubeconfigs)} given; allowed: PRIMARY.kubeconfig,DR.kubeconfig"
    yield from (f"CLUSTERS: {each}: no such file" for each in kubeconfigs if not each.is_file())
    try:
        ipaddress.ip_address(address)
    except ValueError:
        yield (
            f"ADDRESS is {address or 'not given'}; allowed: an IP address of this computer that "
            "the pods of both clusters reach"
        )
    if not shutil.which("kubectl"):
        yield "kubectl is missing: install the version of your clusters"


def check(kubectl: Kubectl, name: str) -> str:
    """Check a cluster; its identity, which no other cluster has.

    Raises:
        ClusterUnfit: when it holds anything of ours, does not answer, or has no helm-controller.
    """
    try:
        groups = {group["name"] for group in kubectl.read("/apis")["groups"]}
        found = list(_found(kubectl, groups))
        system: str = kubectl.read("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    except NoAnswer as error:
        words = str(error).strip().splitlines()
        raise ClusterUnfit(f"{name}: {words[-1]}; nothing was touched") from error
    if found:
        raise ClusterUnfit(
            f"{name}: the cluster holds {', '.join(found)}; bring an empty one; nothing was touched"
        )
    if HELM_GROUP not in groups:
        raise ClusterUnfit(
            f"{name}: the cluster has no {HELM_GROUP}, which k3s brings; nothing was touched"
        )
    return system


def _found(kubectl: Kubectl, groups: set[str]) -> Iterator[str]:
    for each in kubectl.read("/api/v1/namespaces")["items"]:
        if each["metadata"]["name"] in NAMESPACES:
            yield f"the namespace {each['metadata']['name']}"
    if HELM_GROUP in groups:
        for each in kubectl.read(f"/apis/{HELM_GROUP}/v1/helmcharts")["items"]:
            if each["metadata"]["name"] in OUR_CHARTS:
                yield f"the HelmChart {each['metadata']['name']}"
    for group in OUR_GROUPS:
        if group in groups:
            yield from _objects(kubectl, f"/apis/{group}/v1")


def _objects(kubectl: Kubectl, path: str) -> Iterator[str]:
    kinds = {each["name"]: each["kind"] for each in kubectl.read(path)["resources"]}
    for plural, kind in kinds.items():
        if "/" not in plural:  # a subresource
            for each in kubectl.read(f"{path}/{plural}")["items"]:
                yield f"the {kind} {each['metadata']['name']}"
