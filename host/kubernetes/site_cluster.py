"""This site's Cluster object."""

from host.bundle.site_document import SiteDocument
from host.errors import Refused
from host.kubernetes.cluster import KIND, Cluster
from host.kubernetes.kubectl import Kubectl
from host.kubernetes.operators import CRDS


def find(kubectl: Kubectl, site: SiteDocument) -> Cluster | None:
    """The Cluster, or None where the API says for certain that there is none.

    Raises:
        KubectlFailed: when it cannot be known: absent and unknown are never mixed up.
    """
    if kubectl.get(CRDS, KIND) is None:
        return None
    item = kubectl.get(KIND, site.cluster, "-n", site.namespace)
    return None if item is None else Cluster(item=item)


def require(kubectl: Kubectl, site: SiteDocument) -> Cluster:
    """The Cluster.

    Raises:
        Refused: where there is none.
    """
    found = find(kubectl, site)
    if found is None:
        raise Refused(f"there is no cluster {site.cluster} here - run: pgtwin-host apply")
    return found
