"""Promotes this site: a pure decision over the Cluster as it stands, repeated until it writes.

What always holds:

* Nothing is changed unless the newest record names this site, is not contested, and carries the
  very token that is asked for: a promotion that arrives late is refused.
* Role and token change in one patch. `primary` without the token would be a failover, after which
  the former writer could only be cloned again.
* With a token the patch is made only when everything up to it was replayed here. The operator
  judges the token at once then; had it to wait, it would look again only every 10 s (v1.30.0
  internal/management/controller/instance_controller.go:257).
* The patch carries the record's epoch. A repeat in that epoch goes on where the last run stopped.
* A site that was told to write in an earlier epoch is refused with a token. Without one (a failover
  over a switchover that hangs) it gives up the token that it still waits for; where its promotion
  took hold meanwhile, only the epoch is noted, and nothing is given up.
* An epoch permits one promotion. A repeat that arrives after this site was demoted again, as when
  Session Manager hands a command to two servers, is refused.
* PostgreSQL was in recovery when the patch was made, so once it is out of recovery the promotion
  took hold, whatever the operator has forgotten by then. A spent token is never asked for again.
* A token that the operator refuses is taken back, and the site stays a replica.
* The patch pauses the operator. It would restart every instance as soon as the promotion is over
  (archive_mode `always` to `on`, recordings 04 and 14), before any client was led here. The
  settlement lets it go on, and so does the loss of the leading pod (`end_of_pause.py`).
* No commit waits for the other region, which is lost or restarts, and `degraded since` is written
  down in the same patch. The guard puts the region back (`host/writer/region_guard.py`).

Done means: PostgreSQL is out of recovery. That a write is acknowledged is for the caller to see.
"""

from dataclasses import dataclass

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import (
    CONFIRMED_IN_EPOCH,
    PAUSED,
    PROMOTED_IN_EPOCH,
    UNRECOVERABLE,
    Cluster,
)
from host.kubernetes.kubectl import Object
from host.postgres.postgres_state import PostgresState
from host.writer import region_note
from host.writer.end_of_pause import taken_back, without_leader
from host.writer.promotion_token import objection, was_replayed
from host.writer.record import Record
from host.writer.role_step import Done, Patch, Refuse, Step, Wait
from host.writer.standby_list import taken_off

REFUSAL_SECONDS = 20
"""How long the operator's refusal has to stand: a phase may be left over from an earlier try."""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What is asked for: `token` is None where the loss of the tail is accepted."""

    site: SiteDocument
    record: Record
    token: str | None
    at: str
    """Now, UTC by ISO 8601: since when commits go on without the other region."""
    own_archive: bool = False
    """Whether the rest is looked for in this site's own archive, because the peer's does not
    answer; there it is told at once that there is no more."""

    def next_step(
        self,
        cluster: Cluster,
        state: PostgresState | None,
        *,
        refused_seconds: float = 0,
        leader_lost: bool = False,
    ) -> Step:
        """What to do now; `state` is None while PostgreSQL does not answer.

        `refused_seconds` says for how long the operator has been refusing the token, `leader_lost`
        that PostgreSQL never answers while the operator is paused.
        """
        refusal = self._gate(cluster)
        if refusal:
            return Refuse(why=refusal)
        if not cluster.is_writer:
            return self._begin(cluster, state)
        if leader_lost and cluster.paused:
            return without_leader(self.site, cluster)
        if not self._was_promoted(cluster):
            return self._in_a_newer_epoch(cluster, state)
        return self._in_this_epoch(cluster, state, refused_seconds)

    def _gate(self, cluster: Cluster) -> str | None:
        if self.record.contested:
            return "the two regions' records name different writers, or none can be read"
        if self.record.writer != self.site.site:
            return (
                f"the record names {self.record.writer} (epoch {self.record.epoch}) - "
                f"run: pgtwin failover --to {self.site.site}"
            )
        if self.token != self.record.token:
            return (
                f"the record's epoch {self.record.epoch} permits another promotion, so this one "
                f"was decided before it - run: pgtwin switchover --to {self.site.site}"
            )
        if not cluster.is_writer and self._was_promoted(cluster):
            return (
                f"{self.site.cluster} was promoted in epoch {self.record.epoch} already, and "
                f"demoted since - run: pgtwin switchover --to {self.site.site}"
            )
        if cluster.fenced:
            return f"{self.site.cluster} is fenced - run: pgtwin-host unfence"
        return None

    def _was_promoted(self, cluster: Cluster) -> bool:
        return cluster.annotation(PROMOTED_IN_EPOCH) == str(self.record.epoch)

    def _begin(self, cluster: Cluster, state: PostgresState | None) -> Step:
        if cluster.demoting:
            # Until then the operator's webhook refuses any change of role.
            return Wait(what=f"the end of the demotion ({cluster.phase})")
        if state is None:
            return Wait(what=f"PostgreSQL to answer ({cluster.phase})")
        if not state.in_recovery:
            return Wait(what="PostgreSQL to follow as a replica")
        why = objection(self.token, state) if self.token else None
        if why:
            return Refuse(why=f"the token was refused: {why}")
        if self.token and not was_replayed(self.token, state):
            return Wait(what="everything up to the token")
        return Patch(why="promote", merge=self._promoted(cluster))

    def _in_a_newer_epoch(self, cluster: Cluster, state: PostgresState | None) -> Step:
        """Told to write before; only an epoch without a token tells it so again."""
        if self.token is not None or self.record.epoch == 0:
            return Refuse(why=f"{self.site.cluster} is the writer already")
        if state is None:
            return Wait(what=f"PostgreSQL to answer ({cluster.phase})")
        confirmed = cluster.annotation(CONFIRMED_IN_EPOCH) is not None
        if not state.in_recovery:
            epoch = str(self.record.epoch)
            noted = {PROMOTED_IN_EPOCH: epoch, CONFIRMED_IN_EPOCH: epoch if confirmed else None}
            return Patch(why="note the epoch", merge={"metadata": {"annotations": noted}})
        if confirmed:
            return Wait(what=f"PostgreSQL to lead again ({cluster.phase})")
        return Patch(why="promote without the token", merge=self._promoted(cluster))

    def _in_this_epoch(
        self, cluster: Cluster, state: PostgresState | None, refused_seconds: float
    ) -> Step:
        if state is None:
            return Wait(what=f"PostgreSQL to answer ({cluster.phase})")
        if not state.in_recovery:
            return Done()
        return self._while_in_recovery(cluster, refused_seconds)

    def _while_in_recovery(self, cluster: Cluster, refused_seconds: float) -> Step:
        spent = cluster.annotation(CONFIRMED_IN_EPOCH) == str(self.record.epoch)
        if spent or cluster.token_is_spent:
            return Wait(what=f"PostgreSQL to lead again ({cluster.phase})")
        if cluster.promotion_token != self.token:
            return Patch(why="promote by what is asked for now", merge=self._promoted(cluster))
        if refused_seconds >= REFUSAL_SECONDS:
            why = (
                f"the operator refused the token: {cluster.status('phaseReason') or cluster.phase}"
            )
            return Refuse(why=why, merge=taken_back(self.site))
        return Wait(what=f"the end of recovery ({cluster.phase})")

    def _promoted(self, cluster: Cluster) -> Object:
        own, peer = self.site.cluster, self.site.peer.cluster
        replica = {
            "primary": own,
            "source": own if self.own_archive else peer,
            "promotionToken": self.token,
        }
        annotations = {
            PROMOTED_IN_EPOCH: str(self.record.epoch),
            CONFIRMED_IN_EPOCH: None,
            PAUSED: "disabled",
            **(region_note.degraded(self.at) if self.site.replication == "synchronous" else {}),
        }
        spec = {"replica": replica, **taken_off(cluster.synchronous)}
        return {"metadata": {"annotations": annotations}, "spec": spec}


def refused(cluster: Cluster) -> bool:
    """Whether the operator says that the token cannot promote this cluster."""
    return cluster.promotion_token is not None and cluster.phase == UNRECOVERABLE
