"""This site's Cluster object."""

from host.bundle.site_document import SiteDocument
from host.errors import Refused
from host.kubernetes.cluster import KIND, Cluster
from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.kubectl_failed import KubectlFailed
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
    """The Cluster, in one call where there is one.

    Raises:
        Refused: where there is none.
        KubectlFailed: when it cannot be known.
    """
    try:
        item = kubectl.get(KIND, site.cluster, "-n", site.namespace)
        found = None if item is None else Cluster(item=item)
    except KubectlFailed:
        # A kind that is not served fails too, and there is no cluster of it.
        found = find(kubectl, site)
    if found is None:
        raise Refused(f"there is no cluster {site.cluster} here - run: pgtwin-host apply")
    return found


def patch_as_read(kubectl: Kubectl, site: SiteDocument, read: Cluster, merge: Object) -> None:
    """Patch the Cluster as it was read, and no other.

    Raises:
        KubectlFailed: a conflict where it has changed since.
    """
    metadata = {**merge.get("metadata", {}), "resourceVersion": read.resource_version}
    kubectl.patch(KIND, site.namespace, site.cluster, {**merge, "metadata": metadata})
