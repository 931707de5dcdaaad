"""An instance whose making failed: what is left of it is deleted, and the operator begins again.

CloudNativePG makes the first instance of a new replica in the Job `<cluster>-1-full-recovery`, and
every standby in a Job of the role `join`. One gives up after seven tries, about ten minutes, and
stays failed even when the cause is gone. While it is there the operator does nothing more for any
pod of the Cluster, which it calls unrecoverable (cloudnative-pg v1.30.0
internal/controller/cluster_controller.go, reconcileResources). What always holds:

* Until the Job has succeeded the instance holds nothing, so deleting it can lose nothing.
* The first instance keeps its claims: the operator makes its Job again, and that of no other
  (internal/controller/cluster_create.go, ensurePrimaryBootstrapJob).
* The claims of a standby go before its Job: for claims without a Job the operator waits without
  end. Claims that it calls ready are of an instance that was made, and are left alone.
"""

import logging

from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.operators import has_condition

_CLAIMS = "persistentvolumeclaims"
_JOB = "job.batch"
_log = logging.getLogger(__name__)


def of(cluster: str) -> str:
    """The name of the Job that makes a cluster's first instance from an archive."""
    return f"{cluster}-1-full-recovery"


def heal_recovery(kubectl: Kubectl, namespace: str, cluster: str) -> bool:
    """Delete the Jobs that failed to make an instance of a cluster; whether there were any."""
    jobs = kubectl.list("jobs.batch", namespace, selector=f"cnpg.io/cluster={cluster}")
    healed = [_heal(kubectl, namespace, cluster, each) for each in jobs if has_failed(each)]
    return any(healed)


def has_failed(job: Object | None) -> bool:
    """Whether a Job gave up."""
    return job is not None and has_condition(job, "Failed")


def _heal(kubectl: Kubectl, namespace: str, cluster: str, job: Object) -> bool:
    name, labels = job["metadata"]["name"], job["metadata"]["labels"]
    if labels.get("cnpg.io/jobRole") == "join":
        instance = labels["cnpg.io/instanceName"]
        claims = kubectl.list(_CLAIMS, namespace, selector=f"cnpg.io/instanceName={instance}")
        if any(_is_ready(each) for each in claims):
            return False
        for each in claims:
            kubectl.delete(_CLAIMS, namespace, each["metadata"]["name"])
    elif name != of(cluster):
        return False
    _log.warning("%s failed before; it is deleted, and the operator begins again", name)
    kubectl.delete(_JOB, namespace, name)
    return True


def _is_ready(claim: Object) -> bool:
    annotations = claim["metadata"].get("annotations", {})
    return bool(annotations.get("cnpg.io/pvcStatus") == "ready")
