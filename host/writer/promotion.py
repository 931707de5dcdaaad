"""Promotes this site: a pure decision over the Cluster as it stands, repeated until it is done.

What always holds:

* Nothing is changed unless the newest record names this site, is not contested, and carries the
  very token that is asked for: a promotion that arrives late is refused.
* Role and token change in one patch. `primary` without the token would be a failover, after which
  the former writer could only be cloned anew.
* The patch carries the record's epoch. A repeat in that epoch goes on where the last run stopped; a
  promotion of a site that is the writer from an earlier epoch is refused.
* A token that the operator refuses is taken back, and the site stays a replica.
* The token leaves the Cluster once it was used: left there, it would block the next demotion
  (cloudnative-pg issue 9273).
"""

from dataclasses import dataclass

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import PROMOTED_IN_EPOCH, UNRECOVERABLE, Cluster
from host.kubernetes.kubectl import Object
from host.postgres.postgres_state import PostgresState
from host.writer.promotion_token import objection
from host.writer.record import Record
from host.writer.role_step import Done, Patch, Refuse, Step, Wait

REFUSAL_SECONDS = 20
"""How long the operator's refusal has to stand: a phase may be left over from an earlier try."""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What is asked for: `token` is None where the loss of the tail is accepted."""

    site: SiteDocument
    record: Record
    token: str | None

    def next_step(
        self, cluster: Cluster, state: PostgresState | None, *, refused_seconds: float = 0
    ) -> Step:
        """What to do now; `state` is None while PostgreSQL does not answer.

        `refused_seconds` says for how long the operator has been refusing the token.
        """
        refusal = self._gate(cluster)
        if refusal:
            return Refuse(why=refusal)
        if not cluster.is_writer:
            return self._begin(state)
        if cluster.annotation(PROMOTED_IN_EPOCH) != str(self.record.epoch):
            return Refuse(why=f"{self.site.cluster} is the writer already")
        return self._finish(cluster, state, refused_seconds)

    def _gate(self, cluster: Cluster) -> str | None:
        if self.record.contested:
            return "the two regions' records name different writers"
        if self.record.writer != self.site.site:
            return (
                f"the record names {self.record.writer} (epoch {self.record.epoch}); "
                f"pgtwin moves it first: pgtwin failover --to {self.site.site}"
            )
        if not cluster.is_writer and self.token != self.record.token:
            return (
                f"the record's epoch {self.record.epoch} permits another promotion, so this one "
                f"was decided before: pgtwin switchover --to {self.site.site}"
            )
        if cluster.fenced:
            return f"{self.site.cluster} is fenced; start it first: pgtwin-host unfence"
        return None

    def _begin(self, state: PostgresState | None) -> Step:
        if state is None:
            return Wait(what="PostgreSQL to answer")
        why = objection(self.token, state) if self.token else None
        if why:
            return Refuse(why=f"the token was refused: {why}")
        return Patch(why="promote", merge=self._promoted())

    def _finish(
        self, cluster: Cluster, state: PostgresState | None, refused_seconds: float
    ) -> Step:
        if state is None or state.in_recovery:
            return self._while_in_recovery(cluster, refused_seconds)
        if self.token and cluster.status("lastPromotionToken") != self.token:
            return Wait(what="the operator to confirm the token")
        if cluster.promotion_token:
            return Patch(
                why="clear the token", merge={"spec": {"replica": {"promotionToken": None}}}
            )
        return Done() if cluster.healthy else Wait(what=f"the operator ({cluster.phase})")

    def _while_in_recovery(self, cluster: Cluster, refused_seconds: float) -> Step:
        if cluster.promotion_token != self.token:
            return Patch(why="promote by what is asked for now", merge=self._promoted())
        if refused_seconds >= REFUSAL_SECONDS:
            reason = cluster.status("phaseReason") or cluster.phase
            return Refuse(why=f"the operator refused the token: {reason}", merge=self._replica())
        return Wait(what="everything up to the token" if self.token else "the end of recovery")

    def _promoted(self) -> Object:
        replica = {
            "primary": self.site.cluster,
            "source": self.site.peer.cluster,
            "promotionToken": self.token,
        }
        return _merge(replica, str(self.record.epoch))

    def _replica(self) -> Object:
        peer = self.site.peer.cluster
        replica = {"primary": peer, "source": peer, "promotionToken": None}
        return _merge(replica, None)


def refused(cluster: Cluster) -> bool:
    """Whether the operator says that the token cannot promote this cluster."""
    return cluster.promotion_token is not None and cluster.phase == UNRECOVERABLE


def _merge(replica: Object, epoch: str | None) -> Object:
    return {
        "metadata": {"annotations": {PROMOTED_IN_EPOCH: epoch}},
        "spec": {"replica": replica},
    }
