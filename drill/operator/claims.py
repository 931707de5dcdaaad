"""The claims of a Cluster's instances."""

from drill.kubernetes.admission.claim_growth import requested
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.objects.quantity import quantity
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError
from drill.operator.scripted import objects

_KIND = "PersistentVolumeClaim"
_STORAGE = {"PG_DATA": "storage", "PG_WAL": "walStorage"}


def make(api: ClusterApi, cluster: Object) -> None:
    """Make those that are not there, each with its volume."""
    namespace = cluster["metadata"]["namespace"]
    for each in objects.claims(cluster):
        name = each["metadata"]["name"]
        if api.get(_KIND, name, namespace) is None:
            api.create(each)


def grow(api: ClusterApi, cluster: Object) -> bool:
    """Give each the size that the Cluster asks for; whether nothing was refused.

    As cloudnative-pg v1.30.0 pkg/reconciler/persistentvolumeclaim/existing.go: what is refused
    ends the look of the operator, before it comes to the pods.
    """
    spec = cluster["spec"]
    if not spec["storage"].get("resizeInUseVolumes", True):
        return True
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    try:
        for claim in api.list(_KIND, namespace, labels=f"cnpg.io/cluster={name}"):
            _grow(api, claim, spec)
    except StatusError:
        return False
    return True


def _grow(api: ClusterApi, claim: Object, spec: Object) -> None:
    metadata = claim["metadata"]
    storage = _STORAGE.get(metadata["labels"].get("cnpg.io/pvcRole"))  # none: not an instance's
    wanted = spec[storage].get("size") if storage else None
    if wanted and quantity(wanted) > requested(claim):
        size = {"spec": {"resources": {"requests": {"storage": wanted}}}}
        api.patch(_KIND, metadata["name"], size, metadata["namespace"])
