"""Whether commits wait for the other region, for the status document.

What always holds: PostgreSQL is asked first, and the note on the Cluster is read after it
(`host/writer/region_guard.py`, promise_now). The list that the Cluster asks for is not looked at.
"""

from host.evidence.status_document import OtherRegionStatus
from host.kubernetes import site_cluster
from host.kubernetes.cluster import DEGRADED_SINCE, Cluster
from host.postgres.psql import Psql
from host.site import Site
from host.writer.region_guard import promise_now
from host.writer.region_keeper import streams_as
from host.writer.region_look import look


def other_region_status(site: Site, cluster: Cluster | None) -> OtherRegionStatus | None:
    """Ask; None where there is nothing to say, or nobody answers."""
    document = site.document
    if document.replication != "synchronous" or cluster is None or not cluster.is_writer:
        return None
    if cluster.primary_pod is None:
        return None
    found = look(Psql.at(site, cluster.primary_pod, database="postgres"), streams_as(document))
    since = site_cluster.require(site.kubectl, document).annotation(DEGRADED_SINCE)
    now = promise_now(found, since)
    return None if now is None else OtherRegionStatus(now=now, degraded_since=since)
