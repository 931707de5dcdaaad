"""What one run came to: counts of its history, and the verdict."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from drill.consistency.checker import Checker
from drill.consistency.history import History
from drill.consistency.replica_reads import ReplicaReads

Verdict = Literal["consistent", "anomaly", "undecided", "stuck"]
"""`undecided`: the checker gave up. `stuck`: the writer could not be changed, or not be read."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What is in a history."""

    acknowledged: int = 0
    unknown: int = 0
    refused: int = 0
    reads: int = 0
    lost: int = 0
    """Acknowledged appends that a failover took away, all within the tail that it named."""
    tail_seconds: float | None = None
    """How long before the loss of the old writer that tail began."""
    replica_reads: int = 0
    stale_reads: int = 0
    stalest_seconds: float = 0.0

    @classmethod
    def of(cls, history: History) -> "Counts":
        """Count."""
        appends = [each for each in history.operations if each.kind == "append"]
        replica, failover = ReplicaReads.of(history), history.failover
        return cls(
            acknowledged=sum(each.outcome == "ok" for each in appends),
            unknown=sum(each.outcome == "unknown" for each in appends),
            refused=sum(each.outcome == "failed" for each in appends),
            reads=len(history.operations) - len(appends) - replica.count,
            lost=len(history.lost()),
            tail_seconds=round(failover.began - failover.lost_since, 1) if failover else None,
            replica_reads=replica.count,
            stale_reads=replica.stale,
            stalest_seconds=round(replica.oldest_seconds, 1),
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run."""

    number: int
    change: str
    fault: str
    verdict: Verdict
    seconds: float
    counts: Counts = field(default_factory=Counts)
    said: tuple[str, ...] = ()
    """The anomalies, or what stood in the way."""
    starved: bool = False
    """Whether the computer was measured to be too busy meanwhile."""

    def document(self) -> dict[str, Any]:
        """As it stands in the report."""
        return asdict(self)

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Result":
        """Read it back."""
        known = {**document, "counts": Counts(**document["counts"])}
        return cls(**{**known, "said": tuple(document["said"])})


def judged(history: History, checker: Checker) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict on a history, and a sentence for each anomaly."""
    found = checker.judge(history)
    strange = tuple(
        f"{each.key}: a replica showed what the writer never held, to {each.client}"
        for each in ReplicaReads.of(history).strange
    )
    anomalies = (*found.anomalies, *strange)
    if anomalies:
        return "anomaly", anomalies
    return ("undecided", found.undecided) if found.undecided else ("consistent", ())
