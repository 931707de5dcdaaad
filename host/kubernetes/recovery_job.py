"""A clone that failed before it began: the Job is deleted, and the operator makes a new one.

CloudNativePG clones a new replica in the Job `<cluster>-1-full-recovery`. It gives up after seven
tries, about ten minutes, and stays failed even when the base backup that it missed arrives later.
Until the Job has succeeded the cluster holds nothing, so deleting the failed Job can lose nothing.
"""

import logging

from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.operators import has_condition

_log = logging.getLogger(__name__)


def heal_recovery(kubectl: Kubectl, namespace: str, cluster: str) -> bool:
    """Delete the recovery Job of a cluster if it failed; whether it did."""
    name = f"{cluster}-1-full-recovery"
    job = kubectl.get("job.batch", name, "-n", namespace)
    if not has_failed(job):
        return False
    _log.warning("the recovery of %s failed before; its Job is deleted and begins again", cluster)
    kubectl.delete("job.batch", namespace, name)
    return True


def has_failed(job: Object | None) -> bool:
    """Whether a Job gave up."""
    return job is not None and has_condition(job, "Failed")
