"""Whether commits wait for the other region, for the status document.

What always holds: PostgreSQL is asked first, and the note on the Cluster is read after it
(`host/writer/region_guard.py`, promise_now). The list that the Cluster asks for never makes a site
that is degraded less so: it only tells whether commits are held again.
"""

from host.evidence.status_document import OtherRegionStatus
from host.kubernetes import site_cluster
from host.kubernetes.cluster import DEGRADED_SINCE, Cluster
from host.postgres.psql import Psql
from host.site import Site
from host.writer import region_note
from host.writer.region_guard import Promise, promise_now
from host.writer.region_keeper import streams_as
from host.writer.region_look import look
from host.writer.standby_list import names_outside


def other_region_status(site: Site, cluster: Cluster | None) -> OtherRegionStatus | None:
    """Ask; None where there is nothing to say, or nobody answers."""
    document = site.document
    if document.replication != "synchronous" or cluster is None or not cluster.is_writer:
        return None
    if cluster.primary_pod is None:
        return None
    found = look(Psql.at(site, cluster.primary_pod, database="postgres"), streams_as(document))
    after = site_cluster.require(site.kubectl, document)
    since = after.annotation(DEGRADED_SINCE)
    now = promise_now(found, since)
    if now is None:
        return None
    promise = Promise(rpo_seconds=document.rpo_seconds or 0)
    until = region_note.used_up_at(after, promise.rpo_seconds) if since else None
    missing = region_note.covered_seconds(after, site.machine.clock.now()) if until else None
    is_used_up = missing is not None and promise.is_used_up(missing)
    is_held = is_used_up and bool(names_outside(after.synchronous))
    return OtherRegionStatus(
        now="held" if is_held else now,
        degraded_since=since,
        until=None if until is None else until.isoformat(timespec="seconds"),
    )
