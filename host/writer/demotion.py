"""Demotes this site: a pure decision over the Cluster as it stands, repeated until it is done.

What always holds:

* A site that is not well, that is taking a backup or that is changing its role already is left as
  it is: a demotion ends only after everything was archived.
* The token is kept in an annotation from the moment it is seen, since operators have been known to
  wipe their own (cloudnative-pg issue 11074). An older token is never taken for the new one: what
  the status held before is written down in the patch that demotes.
* A repeat gives the same token and changes nothing.
* The patch that demotes also says where the peer archives now: a peer that was cloned anew does so
  under another server name, and a replica of the old one would wait for ever.
"""

from dataclasses import dataclass

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import DEMOTION_TOKEN, TOKEN_BEFORE, Cluster
from host.kubernetes.kubectl import Object
from host.postgres.postgres_state import PostgresState
from host.writer.overlay import external_clusters
from host.writer.record import Record
from host.writer.role_step import Done, Patch, Refuse, Step, Wait


@dataclass(frozen=True, kw_only=True)
class Demotion:
    """What is asked for: this site becomes a replica of the peer."""

    site: SiteDocument
    record: Record

    def next_step(
        self, cluster: Cluster, state: PostgresState | None, *, backup_running: bool
    ) -> Step:
        """What to do now; `state` is None while PostgreSQL does not answer."""
        if cluster.is_writer:
            why = self._objection(cluster, backup_running=backup_running)
            return Refuse(why=why) if why else Patch(why="demote", merge=self._patch(cluster))
        before = cluster.annotation(TOKEN_BEFORE)
        if before is None:
            return Refuse(why=f"{cluster.name} is a replica already")
        return self._finish(cluster, state, before)

    def _finish(self, cluster: Cluster, state: PostgresState | None, before: str) -> Step:
        kept, seen = cluster.annotation(DEMOTION_TOKEN), cluster.status("demotionToken")
        if not kept:
            if not seen or seen == before:
                return Wait(what="the demotion token")
            return Patch(why="keep the token", merge=_annotations({DEMOTION_TOKEN: seen}))
        if state is None or not state.in_recovery or cluster.switching:
            return Wait(what=f"PostgreSQL to follow as a replica ({cluster.phase})")
        return Done()

    def _objection(self, cluster: Cluster, *, backup_running: bool) -> str | None:
        if self.record.contested or self.record.writer != self.site.site:
            return f"the record names {self.record.writer}, not this site - run: pgtwin status"
        if cluster.promotion_token or cluster.switching:
            return "a promotion is not finished yet - repeat it: pgtwin switchover"
        if cluster.fenced or not cluster.healthy:
            return f"{cluster.name} is not healthy ({cluster.phase}) - see: pgtwin status"
        if backup_running:
            return "a base backup is running - wait for its end: pgtwin backup list"
        return None

    def _patch(self, cluster: Cluster) -> Object:
        peer = self.site.peer.cluster
        before = cluster.status("demotionToken") or ""
        return {
            **_annotations({DEMOTION_TOKEN: None, TOKEN_BEFORE: before}),
            "spec": {
                "externalClusters": external_clusters(cluster, self.record, self.site),
                "replica": {"primary": peer, "source": peer, "promotionToken": None},
            },
        }


def _annotations(values: dict[str, str | None]) -> Object:
    return {"metadata": {"annotations": values}}
