"""The Job in which a Cluster recovers from an archive, with its way of giving up for good.

Kubernetes tries the real one seven times over about ten minutes; this one has three tries in a
row. Afterwards both stay failed, whatever arrives later, until somebody deletes the Job.
"""

import logging
from collections.abc import Callable

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator import objects

TRIES = 3
_log = logging.getLogger("drill.operator.recovery")


class RecoveryFailed(Exception):  # noqa: N818 (says what happened)
    """The recovery gave up; the Cluster waits for somebody to delete the Job."""

    def __init__(self, job: str, reason: str) -> None:
        super().__init__(f"{job}: {reason}")
        self.job = job


def run(api: ClusterApi, cluster: Object, recover: Callable[[], None]) -> None:
    """Recover, unless an earlier Job still stands there as failed.

    Raises:
        RecoveryFailed: with the reason of the last try.
    """
    metadata = cluster["metadata"]
    name = f"{metadata['name']}-1-full-recovery"
    if api.get("Job", name, metadata["namespace"]):
        raise RecoveryFailed(name, "it failed before")
    reason = ""
    for _ in range(TRIES):
        try:
            recover()
        except Exception as error:
            _log.exception("%s", name)
            reason = str(error)
        else:
            api.create(objects.recovery_job(cluster, succeeded=True))
            return
    api.create(objects.recovery_job(cluster, succeeded=False))
    raise RecoveryFailed(name, reason)
