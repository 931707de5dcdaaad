"""CloudNativePG as a few lines: what a Cluster object becomes when its operator looks at it."""

from dataclasses import dataclass
from typing import Any

from host.kubernetes.cluster import HEALTHY, UNRECOVERABLE, Cluster
from host.postgres.postgres_state import PostgresState
from host.writer.promotion_token import objection
from tests.host.decisions.examples import postgres, token


@dataclass
class ModelOperator:
    """One cluster; `patch` is the API server's part, `look` the operator's."""

    item: dict[str, Any]
    in_recovery: bool
    timeline: int = 1
    answers: bool = True

    @property
    def cluster(self) -> Cluster:
        return Cluster(item=self.item)

    @property
    def state(self) -> PostgresState | None:
        if not self.answers:
            return None
        return postgres(in_recovery=self.in_recovery, timeline=self.timeline)

    def patch(self, merge: dict[str, Any]) -> None:
        self.item = _merged(self.item, merge)

    def look(self) -> None:
        """One reconciliation; a restart of PostgreSQL takes until the next one."""
        if not self.answers:
            self.answers = True
            return
        status = self.item["status"]
        if self.cluster.is_writer and self.in_recovery:
            self._promote(status)
        elif not self.cluster.is_writer and not self.in_recovery:
            status["demotionToken"] = token(self.timeline)
            self.in_recovery, self.answers = True, False
        else:
            status["phase"] = HEALTHY

    def wipe_token(self) -> None:
        """What operators before 1.30 did when a reconciliation was repeated."""
        self.item["status"].pop("demotionToken", None)

    def _promote(self, status: dict[str, Any]) -> None:
        wanted, state = self.cluster.promotion_token, self.state
        assert state is not None
        if wanted and (objection(wanted, state) or wanted != token(self.timeline)):
            status["phase"] = UNRECOVERABLE
            return
        if wanted:
            status["lastPromotionToken"] = wanted
        status["phase"] = HEALTHY
        self.in_recovery, self.answers = False, False
        self.timeline += 1


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
