"""CloudNativePG as a few lines: what a Cluster object becomes when its operator looks at it.

The order is that of v1.30.0 on two real sites (recordings 03 to 14): the fence of a demotion, the
token that is forgotten, the restart of PostgreSQL after a promotion.
"""

from dataclasses import dataclass
from typing import Any

from host.kubernetes.cluster import ALL_INSTANCES, FENCED, HEALTHY, UNRECOVERABLE, Cluster
from host.postgres.postgres_state import PostgresState
from host.writer.promotion_token import objection
from tests.host.decisions.examples import postgres, token

PROMOTING = "Promoting to primary cluster"
APPLYING = "Applying configuration"
RESTARTING = "Primary instance is being restarted in-place"
NOT_CORRECT = "Promotion token content is not correct for current instance"


@dataclass
class ModelOperator:
    """One cluster; `patch` is the API server's part, `look` the operator's and the instance's."""

    item: dict[str, Any]
    in_recovery: bool
    timeline: int = 1
    answers: bool = True
    lsn: str = "0/50000A0"
    archive_mode: str = ""
    stands: bool = False
    """Whether PostgreSQL was shut down by a fence."""

    def __post_init__(self) -> None:
        self.archive_mode = self.archive_mode or ("always" if self.in_recovery else "on")

    @property
    def cluster(self) -> Cluster:
        return Cluster(item=self.item)

    @property
    def state(self) -> PostgresState | None:
        if not self.answers or self.stands:
            return None
        return postgres(
            in_recovery=self.in_recovery,
            timeline=self.timeline,
            lsn=self.lsn,
            archive_mode=self.archive_mode,
        )

    @property
    def restarts(self) -> bool:
        """Whether the operator still has to restart PostgreSQL as a writer's."""
        return self.cluster.is_writer and self.archive_mode == "always"

    def patch(self, merge: dict[str, Any]) -> None:
        self.item = _merged(self.item, merge)

    def look(self) -> None:
        """One look of the instance, then one of the operator unless it is paused."""
        if not self.answers:
            self._started()
        elif self.cluster.stopped:
            self.stands = True
        elif self.stands:
            self.stands = False
        elif self.cluster.is_writer:
            self._promote()
        if not self.cluster.paused:
            self._reconcile()

    def wipe_token(self) -> None:
        """What operators before 1.30 did when a reconciliation was repeated."""
        self.item["status"].pop("demotionToken", None)

    def restart(self) -> None:
        """PostgreSQL goes away and comes back, for whatever reason."""
        self.answers = False

    def _promote(self) -> None:
        """The instance manager's part: it judges a token that it has not used yet."""
        status, wanted = self.item["status"], self.cluster.promotion_token
        state = self.state
        assert state is not None
        if wanted and wanted != status.get("lastPromotionToken"):
            if objection(wanted, state) or wanted != token(self.timeline):
                status["phase"], status["phaseReason"] = UNRECOVERABLE, NOT_CORRECT
                return
            status["phase"] = PROMOTING
        if self.in_recovery:
            self.in_recovery = False
            self.timeline += 1
        if wanted:
            status["lastPromotionToken"] = wanted

    def _reconcile(self) -> None:
        status = self.item["status"]
        wanted = self.cluster.promotion_token
        if not wanted:
            status.pop("lastPromotionToken", None)
        if self.cluster.is_writer:
            status.pop("demotionToken", None)
            if wanted and wanted != status.get("lastPromotionToken"):
                return
            if self.in_recovery or self.stands or not self.answers:
                return
            self._roll_out(status)
        elif self.cluster.switching or not self.in_recovery:
            self._demote(status)
        else:
            status["phase"] = HEALTHY

    def _roll_out(self, status: dict[str, Any]) -> None:
        """In steps: after a promotion without a token the phase stays healthy at first."""
        if not self.restarts:
            status["phase"] = HEALTHY
        elif status["phase"] == APPLYING:
            status["phase"], self.answers = RESTARTING, False
        else:
            status["phase"] = APPLYING

    def _started(self) -> None:
        self.answers = True
        self.archive_mode = "on" if self.cluster.is_writer else "always"

    def _demote(self, status: dict[str, Any]) -> None:
        if not self.cluster.switching:
            if not self.answers:
                return
            self.patch({"metadata": {"annotations": {FENCED: ALL_INSTANCES}}})
            self.item["status"]["switchReplicaClusterStatus"] = {"inProgress": True}
        elif self.stands and self.cluster.stopped and not self.in_recovery:
            status["demotionToken"] = token(self.timeline)
            self.in_recovery = True
        elif self.in_recovery:
            self.patch({"metadata": {"annotations": {FENCED: None}}})
            self.item["status"]["switchReplicaClusterStatus"] = {"inProgress": False}
            self.stands, self.answers = False, False


def _merged(target: Any, merge: Any) -> Any:
    if not isinstance(merge, dict) or not isinstance(target, dict):
        return merge
    result = dict(target)
    for key, value in merge.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key, {}), value)
    return result
