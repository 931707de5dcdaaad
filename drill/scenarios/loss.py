"""One loss of a site, as it was measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drill.report.document import Mark, Sample, Timeline
from drill.report.losses import LossResult
from drill.traffic.verifier import Comparison


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The moments of one loss, in Unix time, and what was left."""

    mode: str
    """How the site failed."""
    started: float
    cut: float
    detected: float
    decided: float
    promoted: float
    first_write: float
    pools_pauses_seconds: Mapping[str, float] | str
    """How long each pool wrote nothing, from the cut on; or why none was tried."""
    comparison: Comparison
    lags_seconds: Sequence[float]
    """From the commit of each row that DR had before the cut, to the look that found it there."""
    samples: tuple[Sample, ...]
    streamed: bool | None
    """Whether DR streamed right before the cut; None where only archives are read."""
    promised: bool | None
    """Whether commits waited for DR right before the cut; None where the mode promises nothing."""
    acknowledged_up_to: Callable[[str], int]
    """The highest number that was surely acknowledged before a WAL segment was full."""

    @property
    def rto_seconds(self) -> float:
        """From the cut to the first acknowledged write in the other region."""
        return self.first_write - self.cut

    @property
    def rpo_seconds(self) -> float:
        """How much time of acknowledged writes is gone."""
        return self.comparison.rpo_seconds(self.cut)

    @property
    def since_decision_seconds(self) -> float:
        """What the bound is about: the part that does not wait for a person."""
        return self.first_write - self.decided

    @property
    def parts_seconds(self) -> dict[str, float]:
        """The RTO, split."""
        moments = (self.cut, self.detected, self.decided, self.promoted, self.first_write)
        names = ("detection", "decision", "promotion", "reconnect")
        return {
            name: round(later - earlier, 2)
            for name, earlier, later in zip(names, moments, moments[1:], strict=False)
        }

    @property
    def details(self) -> dict[str, object]:
        """For the report."""
        return {
            "mode": self.mode,
            "rpo_seconds": round(self.rpo_seconds, 3),
            "rto_seconds": round(self.rto_seconds, 2),
            "rto_parts_seconds": self.parts_seconds,
            "acknowledged": self.comparison.acknowledged,
            **({} if self.streamed is None else {"streamed_before_the_cut": self.streamed}),
            **({} if self.promised is None else {"commits_waited_before_the_cut": self.promised}),
            "pools_pauses_seconds": self.pools_pauses_seconds,
        }

    @property
    def result(self) -> LossResult:
        """For the report's table."""
        return LossResult(
            mode=self.mode,
            rpo_seconds=round(self.rpo_seconds, 3),
            rto_seconds=round(self.rto_seconds, 2),
            since_decision_seconds=round(self.since_decision_seconds, 2),
            lost=len(self.comparison.lost),
            acknowledged=self.comparison.acknowledged,
            slowest_lag_seconds=round(max(self.lags_seconds), 2) if self.lags_seconds else None,
            streamed=self.streamed,
            promised=self.promised,
        )

    def timeline(self, scenario: str) -> Timeline:
        """For the report's plot."""
        marks = {
            "cut": self.cut,
            "detected": self.detected,
            "decided": self.decided,
            "promoted": self.promoted,
            "first write": self.first_write,
        }
        return Timeline(
            scenario=scenario,
            samples=self.samples,
            marks=tuple(
                Mark(name=name, at_seconds=round(at - self.started, 2))
                for name, at in marks.items()
            ),
        )
