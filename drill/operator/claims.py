"""The claims of a Cluster's instances."""

from drill.kubernetes.admission.claim_growth import requested
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.objects.quantity import quantity
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError
from drill.operator import objects

_KIND = "PersistentVolumeClaim"
_STORAGE = {"PG_DATA": "storage", "PG_WAL": "walStorage"}


def make(api: ClusterApi, cluster: Object) -> None:
    """Make those that are not there, each with its volume."""
    namespace = cluster["metadata"]["namespace"]
    for each in objects.claims(cluster):
        name = each["metadata"]["name"]
        if api.get(_KIND, name, namespace) is None:
            api.create(each)


def label(api: ClusterApi, cluster: Object) -> None:
    """Give those of an instance back what tells which of its volumes each is.

    As cloudnative-pg v1.30.0 pkg/reconciler/persistentvolumeclaim/metadata.go: by their names.
    """
    named = {
        each["metadata"]["name"]: each["metadata"]["labels"] for each in objects.claims(cluster)
    }
    for claim in _of(api, cluster):
        metadata = claim["metadata"]
        labels = named.get(metadata["name"], {})
        if not labels.items() <= metadata.get("labels", {}).items():
            patch = {"metadata": {"labels": labels}}
            api.patch(_KIND, metadata["name"], patch, metadata["namespace"])


def grow(api: ClusterApi, cluster: Object) -> bool:
    """Give each the size that the Cluster asks for; whether nothing was in the way.

    As cloudnative-pg v1.30.0 pkg/reconciler/persistentvolumeclaim/existing.go: a claim that is told
    to grow and may not, or whose label names no volume of an instance, ends the look of the
    operator before it comes to the pods.
    """
    spec = cluster["spec"]
    if not spec["storage"].get("resizeInUseVolumes", True):
        return True
    try:
        return all(_grow(api, claim, spec) for claim in _of(api, cluster))
    except StatusError:
        return False


def _of(api: ClusterApi, cluster: Object) -> list[Object]:
    """Those that the Cluster owns, whatever their labels say."""
    uid = cluster["metadata"]["uid"]
    found = api.list(_KIND, cluster["metadata"]["namespace"])
    return [each for each in found if uid in _owners(each)]


def _owners(claim: Object) -> list[str]:
    return [each["uid"] for each in claim["metadata"].get("ownerReferences", ())]


def _grow(api: ClusterApi, claim: Object, spec: Object) -> bool:
    metadata = claim["metadata"]
    storage = _STORAGE.get(metadata.get("labels", {}).get("cnpg.io/pvcRole", ""))
    if storage is None:
        return False
    wanted = spec[storage].get("size")
    if wanted and quantity(wanted) > requested(claim):
        size = {"spec": {"resources": {"requests": {"storage": wanted}}}}
        api.patch(_KIND, metadata["name"], size, metadata["namespace"])
    return True
