"""What remains after a promotion, once clients were led to the new writer: a pure decision.

What always holds:

* The token leaves the Cluster once it was used: left there, it would block the next demotion
  (cloudnative-pg issue 9273), and after the next restart of PostgreSQL the operator would judge it
  again and call the cluster unrecoverable (recording 04). In the same patch the Cluster notes that
  the epoch's promotion is confirmed.
* The operator goes on. It restarts the instances then, the standbys first, for archive_mode `on`:
  each restart of the leading one is seconds without writes.
* The end is told by PostgreSQL, not by the phase: after a promotion without a token the phase
  stays healthy for 3 to 44 s before the restart (recordings 06 and 12).
"""

from dataclasses import dataclass

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import Cluster
from host.postgres.postgres_state import PostgresState
from host.writer.end_of_pause import confirmed, is_open, without_leader
from host.writer.role_step import Done, Patch, Refuse, Step, Wait

REPLICAS_ARCHIVE_MODE = "always"
"""What the operator sets on a replica cluster (v1.30.0 pkg/postgres/configuration.go:737)."""


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What is asked for: the promoted cluster is as any other writer again."""

    site: SiteDocument

    def next_step(
        self, cluster: Cluster, state: PostgresState | None, *, leader_lost: bool = False
    ) -> Step:
        """What to do now; `state` is None while PostgreSQL does not answer.

        `leader_lost` says that it never will while the operator is paused.
        """
        if not cluster.is_writer:
            return Refuse(why=f"{cluster.name} is no writer - run: pgtwin status")
        if is_open(cluster):
            return self._close(cluster, state, leader_lost)
        if state is None:
            return Wait(what=f"PostgreSQL to answer ({cluster.phase})")
        if state.in_recovery or state.archive_mode == REPLICAS_ARCHIVE_MODE:
            return Wait(what=f"the operator to restart the instances ({cluster.phase})")
        return Done() if cluster.healthy else Wait(what=f"the operator ({cluster.phase})")

    def _close(self, cluster: Cluster, state: PostgresState | None, leader_lost: bool) -> Step:
        took_hold = state is not None and not state.in_recovery
        if took_hold or cluster.token_is_spent:
            return Patch(why="the promotion is confirmed", merge=confirmed(cluster))
        if state is None and leader_lost:
            return without_leader(self.site, cluster)
        if state is None:
            return Wait(what=f"PostgreSQL to answer ({cluster.phase})")
        return Refuse(
            why=f"{cluster.name} is still being promoted - "
            f"repeat: pgtwin switchover --to {self.site.site}"
        )
