"""Machine by machine through a site: what is looked at between two of them."""

from collections.abc import Callable

from host.kubernetes.cluster import KIND, Cluster
from host.kubernetes.cordon import is_cordoned
from host.kubernetes.kubectl import Object
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.waiting import wait_for
from host.setup.k3s_start import is_ready
from host.site import Site

LOCK = "machines"
"""Held by whoever takes a machine of the site out, or sees that one can go."""
SETTLE_SECONDS = 900


def wait_until_healthy(site: Site) -> None:
    """Wait until every machine is Ready, none is cordoned, and the Cluster has all its instances.

    Raises:
        TimedOut: when that does not come.
    """

    def healthy() -> bool:
        found, cluster = nodes(site), _cluster(site)
        whole = all(is_ready(found.get(node.name)) for node in site.document.nodes)
        cordoned = any(map(is_cordoned, found.values()))
        return whole and not cordoned and cluster is not None and cluster.healthy

    wait(site, "every machine to be Ready and the Cluster healthy", healthy)


def wait(site: Site, what: str, condition: Callable[[], bool]) -> None:
    """Wait for a condition; an API that does not answer counts as not yet.

    Raises:
        TimedOut: when it does not come.
    """

    def probe() -> bool:
        try:
            return condition()
        except KubectlFailed:
            return False

    wait_for(site.machine.clock, what, probe, deadline_seconds=SETTLE_SECONDS)


def nodes(site: Site) -> dict[str, Object]:
    """The Node objects by name."""
    items = (site.kubectl.get("nodes") or {}).get("items", [])
    return {item["metadata"]["name"]: item for item in items}


def instances_on(site: Site, node: str) -> list[str]:
    """The names of the database pods on a machine."""
    label = f"cnpg.io/cluster={site.document.cluster}"
    pods = site.kubectl.list("pods", site.document.namespace, selector=label)
    return [pod["metadata"]["name"] for pod in pods if pod["spec"].get("nodeName") == node]


def has_primary(site: Site, node: str) -> bool:
    """Whether the leading instance is on a machine; a Cluster that is not there may be anywhere."""
    cluster = _cluster(site)
    return cluster is None or cluster.primary_pod in instances_on(site, node)


def _cluster(site: Site) -> Cluster | None:
    item = site.kubectl.get(KIND, site.document.cluster, "-n", site.document.namespace)
    return Cluster(item=item) if item else None
