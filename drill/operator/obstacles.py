"""What keeps the operator from the pods of a Cluster, as it stands in the API."""

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator import claims
from drill.operator.behaviour.seen import Obstacles


def obstacles(api: ClusterApi, cluster: Object) -> Obstacles:
    """Bring the claims to what the Cluster asks for, and look."""
    claims.label(api, cluster)
    metadata = cluster["metadata"]
    jobs = api.list("jobs", metadata["namespace"], labels=f"cnpg.io/cluster={metadata['name']}")
    return Obstacles(
        failed_jobs=tuple(each["metadata"]["name"] for each in jobs if _has_failed(each)),
        claims_refused=not claims.grow(api, cluster),
    )


def _has_failed(job: Object) -> bool:
    conditions = job.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Failed" and each["status"] == "True" for each in conditions)
