"""Demotes this site: a pure decision over the Cluster, repeated until its token is there.

What always holds:

* A site that is not well, that is taking a backup or that is changing its role already is left as
  it is: a demotion ends only after everything was archived.
* So is one whose archive fails or does not keep up. PostgreSQL would be stopped, nobody would write
  until everything is archived, and the operator's webhook forbids the way back meanwhile (v1.30.0
  pkg/reconciler/replicaclusterswitch/shutdown_wal.go).
* A demotion that was decided in an earlier epoch of the record is refused: the plan that sent it
  has rolled back meanwhile.
* The token is kept in an annotation from the moment it is seen, since operators have been known to
  wipe their own (cloudnative-pg issue 11074). An older token is never taken for the new one: what
  the status held before is written down in the patch that demotes.
* A repeat gives the same token and changes nothing.
* The patch that demotes also says where the peer archives now: a peer that was cloned again does so
  under another server name, and a replica of the old one would wait forever.
* The same patch takes the other region off the list of standbys that commits wait for: the site
  would otherwise begin its next life as a writer waiting for one that has just stopped.
* The operator fences all instances until it has the token. Were that fence lifted in between, it
  would look every 10 s for a PostgreSQL that is shut down, without end, and its webhook refuses to
  make the site the writer again. Setting the fence again lets it go on (v1.30.0
  pkg/reconciler/replicaclusterswitch/, pkg/management/postgres/instance.go:325).

Done means: PostgreSQL was shut down, its last segment is archived, and the token is kept. It starts
again as a replica a little later; the new writer need not wait for that.
"""

from dataclasses import dataclass

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import (
    ALL_INSTANCES,
    DEGRADED_SINCE,
    DEMOTION_TOKEN,
    FENCED,
    TOKEN_BEFORE,
    Cluster,
)
from host.kubernetes.kubectl import Object
from host.writer import region_note
from host.writer.end_of_pause import is_open
from host.writer.overlay import external_clusters
from host.writer.record import Record
from host.writer.role_step import Done, Patch, Refuse, Step, Wait
from host.writer.standby_list import taken_off


@dataclass(frozen=True, kw_only=True)
class Demotion:
    """What is asked for: this site becomes a replica of the peer."""

    site: SiteDocument
    record: Record
    epoch: int | None = None
    """The record's epoch in which this was decided; None where the caller does not say."""

    def next_step(
        self, cluster: Cluster, *, running_backup: str | None, archive_slow: str | None
    ) -> Step:
        """What to do now; `running_backup` names a base backup that is not over, `archive_slow`
        says what waits for the archive.
        """
        if cluster.is_writer:
            why = self._objection(cluster, running_backup) or _unarchived(cluster, archive_slow)
            return Refuse(why=why) if why else Patch(why="demote", merge=self._patch(cluster))
        before = cluster.annotation(TOKEN_BEFORE)
        if before is None:
            return Refuse(why=f"{cluster.name} is a replica already")
        return self._finish(cluster, before)

    def _finish(self, cluster: Cluster, before: str) -> Step:
        if cluster.annotation(DEMOTION_TOKEN):
            return Done()
        seen = cluster.status("demotionToken")
        if seen and seen != before:
            return Patch(why="keep the token", merge=_annotations({DEMOTION_TOKEN: seen}))
        if cluster.switching and not cluster.stopped:
            fence: dict[str, str | None] = {FENCED: ALL_INSTANCES}
            return Patch(
                why="fence again, so that the demotion continues", merge=_annotations(fence)
            )
        return Wait(what=f"the demotion token ({cluster.phase})")

    def _objection(self, cluster: Cluster, running_backup: str | None) -> str | None:
        if self.record.contested or self.record.writer != self.site.site:
            return f"the record names {self.record.writer}, not this site - run: pgtwin status"
        if self.epoch is not None and self.epoch != self.record.epoch:
            return self.record.text_for_another_epoch(self.epoch)
        if is_open(cluster) or cluster.switching:
            return "a promotion is not finished yet - run: pgtwin-host settle"
        if cluster.fenced or not cluster.healthy:
            return f"{cluster.name} is not healthy ({cluster.phase}) - run: pgtwin status"
        if running_backup:
            return (
                f"the base backup {running_backup} is running; wait until it ends - run: "
                "pgtwin backup list"
            )
        return None

    def _patch(self, cluster: Cluster) -> Object:
        peer = self.site.peer.cluster
        before = cluster.status("demotionToken") or ""
        noted = region_note.cleared() if cluster.annotation(DEGRADED_SINCE) else {}
        return {
            **_annotations({DEMOTION_TOKEN: None, TOKEN_BEFORE: before, **noted}),
            "spec": {
                **taken_off(cluster.synchronous),
                "externalClusters": external_clusters(cluster, self.record, self.site),
                "replica": {"primary": peer, "source": peer, "promotionToken": None},
            },
        }


def _unarchived(cluster: Cluster, archive_slow: str | None) -> str | None:
    condition = cluster.condition("ContinuousArchiving")
    if condition is not None and condition["status"] == "False":
        archive_slow = archive_slow or "the last attempt to archive failed"
    if archive_slow is None:
        return None
    return (
        f"the archive of {cluster.name} does not keep up ({archive_slow}), and nobody would write "
        "until everything is archived; nothing was changed - wait, or if that lasts, "
        "read: docs/runbooks/archive-failed.md"
    )


def _annotations(values: dict[str, str | None]) -> Object:
    return {"metadata": {"annotations": values}}
