"""One Cluster and the operator that looks at it, as the recordings show it, without PostgreSQL.

What it shows and orders is `drill/operator/behaviour/`; the instance is simulated there too.
"""

from typing import Any

from drill.kubernetes.objects.merge_patch import merge_patch
from drill.operator.behaviour.look import look
from drill.operator.behaviour.seen import Asked, Verdict
from drill.operator.behaviour.simulated_instance import SimulatedInstance
from drill.operator.behaviour.simulation import START, Simulation
from drill.operator.behaviour.step import Fence, Show
from drill.operator.behaviour.write import fence_patch, status_patch
from host.kubernetes.cluster import Cluster
from host.postgres.postgres_state import PostgresState
from host.writer.promotion_token import objection
from tests.host.decisions.examples import postgres, token


class ModelOperator:
    """`patch` is the API server's part, `look` the operator's and the instance manager's."""

    def __init__(self, *, item: dict[str, Any], in_recovery: bool, timeline: int = 1) -> None:
        self.item = item
        self.lsn = "0/50000A0"
        self._simulation = Simulation(judge=self._judge, token=token, timeline=timeline)
        self._simulation.run_already(
            item["status"]["currentPrimary"], is_standby=in_recovery, asked=Asked.of(item)
        )

    @property
    def cluster(self) -> Cluster:
        return Cluster(item=self.item)

    @property
    def state(self) -> PostgresState | None:
        if not self._primary.answers:
            return None
        return postgres(
            in_recovery=self.in_recovery,
            timeline=self.timeline,
            lsn=self.lsn,
            archive_mode=self.archive_mode,
        )

    @property
    def in_recovery(self) -> bool:
        return self._primary.is_standby

    @property
    def timeline(self) -> int:
        return self._simulation.timeline

    @timeline.setter
    def timeline(self, timeline: int) -> None:
        self._simulation.timeline = timeline

    @property
    def archive_mode(self) -> str:
        """What PostgreSQL was started with."""
        runs_with = self._primary.runs_with
        assert runs_with is not None
        return runs_with.archive_mode

    @property
    def restarts(self) -> bool:
        """Whether the operator still has to restart PostgreSQL as a writer's."""
        return self.cluster.is_writer and self.archive_mode == "always"

    def patch(self, merge: dict[str, Any]) -> None:
        self.item = merge_patch(self.item, merge)

    def look(self) -> None:
        look(self._simulation, self.item, self._write)

    def wipe_token(self) -> None:
        """What operators before 1.30 did when a reconciliation was repeated."""
        self.item["status"].pop("demotionToken", None)

    def restart(self) -> None:
        """PostgreSQL goes away and comes back, for whatever reason."""
        self._primary.stop(starts_in=START)

    def lose_pod(self) -> None:
        """The pod goes, and only the operator makes another."""
        self._simulation.lose_pod(self._primary.name)

    @property
    def leader_lost(self) -> bool:
        """Whether it is gone while the operator is paused."""
        return self._primary.pod == "gone" and self.cluster.paused

    @property
    def _primary(self) -> SimulatedInstance:
        return self._simulation.instances[0]

    def _judge(self, wanted: str, timeline: int) -> Verdict:
        state = postgres(in_recovery=True, timeline=timeline, lsn=self.lsn)
        exact = objection(wanted, state) is None and wanted == token(timeline)
        return "valid" if exact else "refused"

    def _write(self, step: Show | Fence) -> None:
        if isinstance(step, Fence):
            self.patch(fence_patch(step))
        else:
            self.patch({"status": status_patch(step, self.item["status"])})
