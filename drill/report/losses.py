"""Losses of a region in a report: each of them, and what they cost per mode of replication."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from drill.replication_mode import Mode
from drill.report.distribution import Distribution, Value
from topology.topology import Replication

SIDE_BY_SIDE = Path("build/losses.json")
"""Where `make losses` writes, and where the drill's report looks."""


class LossResult(Value):
    """One loss of a site, by the way in which it failed."""

    mode: str
    rpo_seconds: float
    rto_seconds: float
    since_decision_seconds: float
    """From the decision to the first acknowledged write: what does not wait for a person."""
    lost: int
    acknowledged: int
    slowest_lag_seconds: float | None = None
    """From a commit to the replica, of the slowest row that was there before the cut; None where no
    row was."""
    streamed: bool | None = None
    """Whether the replica streamed right before the cut; None where only archives are read."""
    promised: bool | None = None
    """Whether commits waited for the replica right before the cut, so that none may be lost; None
    where the mode promises nothing."""


class ModeResult(Value):
    """What losses of a region cost in one mode of replication."""

    replication: Replication
    distance_seconds: float | None
    """There and back, for the stream; None where nobody measured it."""
    losses: int
    lost: int
    """Acknowledged rows, in all of them."""
    acknowledged: int
    promised: int = 0
    """In how many of them commits waited for the replica right before the cut."""
    rpo_seconds: Distribution
    rto_seconds: Distribution
    slowest_lag_seconds: Distribution = Distribution.of(())
    """Before each loss."""

    @classmethod
    def of(cls, mode: Mode, losses: Sequence[LossResult]) -> "ModeResult":
        """Over some losses."""
        return cls(
            replication=mode.replication,
            distance_seconds=mode.distance_seconds,
            losses=len(losses),
            lost=sum(loss.lost for loss in losses),
            acknowledged=sum(loss.acknowledged for loss in losses),
            promised=sum(loss.promised is True for loss in losses),
            rpo_seconds=Distribution.of(loss.rpo_seconds for loss in losses),
            rto_seconds=Distribution.of(loss.rto_seconds for loss in losses),
            slowest_lag_seconds=Distribution.of(
                loss.slowest_lag_seconds for loss in losses if loss.slowest_lag_seconds is not None
            ),
        )


class SideBySide(Value):
    """What `make losses` wrote last on this computer."""

    played_at: str
    machine: str
    ground: str
    modes: Mapping[str, ModeResult]

    @classmethod
    def read(cls, path: Path) -> "SideBySide | None":
        """What is there; None where it was never played."""
        if not path.exists():
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls.model_validate({name: found[name] for name in cls.model_fields})
