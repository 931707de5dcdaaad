"""What a scenario is: a promise in a sentence, and the way to try it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drill.ground import Ground, Need
from drill.scenarios.loss import Loss
from drill.scenarios.stage import Stage
from drill.twin import Home
from topology.rpo import NOTHING
from topology.topology import Topology
from topology.versions import POSTGRES_IMAGES

IN_SITE: Need = "failover inside a site"
ANOTHER_MAJOR: Need = "another major version"
PATH: Need = "path between the regions"
WAITS: Need = "commits that wait for the other region"
WRITES_WHILE_HELD: Need = "writes while DR is held"


class Broken(Exception):  # noqa: N818 (what happened to the promise)
    """A promise did not hold; the message says which, and what was seen instead."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a scenario measured. Seconds are compared with its bound."""

    seconds: float | None
    lost: int = 0
    phantom: int = 0
    missed: str = ""
    """Another bound on time than the scenario's own that was missed, in words."""
    details: Mapping[str, Any] = field(default_factory=dict)
    loss: Loss | None = None
    """Where a site was lost: feeds the distributions of RPO and RTO."""
    loses_none: bool = False
    """Whether no row may be lost here, whatever the scenario may lose else."""

    def breaks_rows(self, *, may_lose: bool) -> bool:
        """Whether a row is lost that must not be, or is there and was never sent."""
        return bool(self.phantom) or (bool(self.lost) and (self.loses_none or not may_lose))


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario; `act` raises whatever goes wrong, and that is its failure."""

    name: str
    sentence: str
    """With `{bound}` where the bound in seconds stands."""
    act: Callable[[Stage], Measured]
    bound: Callable[[Topology], float] | None = None
    may_lose: bool = False
    """Whether acknowledged rows may be lost within the bound on the RPO that `act` checks."""
    needs: frozenset[Need] = frozenset()
    """What the ground must be able to do."""
    repeatable: bool = False
    """Whether a starved attempt leaves the sites so that it may be played once more."""
    bounds_processor: bool = False
    """Whether the bound is on processor time, of which a busy machine takes more for the same."""
    before: Home = "the primary writes and DR follows"
    """How the two sites stand where it begins."""

    def bound_seconds(self, topology: Topology) -> float | None:
        """The bound for this configuration."""
        return self.bound(topology) if self.bound else None

    def promise(self, topology: Topology) -> str:
        """The sentence with its bound."""
        bound = self.bound_seconds(topology)
        return self.sentence.format(bound="" if bound is None else f"{bound:g} s")

    def not_playable(self, ground: Ground) -> str:
        """Why a ground cannot play it; empty where it can."""
        topology = ground.topology
        if IN_SITE in self.needs and topology.primary.instances == 1:
            return "the configuration gives the primary one instance"
        if WAITS in self.needs and not topology.waits_for_the_other_region:
            return f"with replication: {topology.replication} no commit waits for the other region"
        if WRITES_WHILE_HELD in self.needs and topology.rpo == NOTHING:
            return "with rpo: 0 nobody writes while DR is held"
        newest = max(POSTGRES_IMAGES)
        if ANOTHER_MAJOR in self.needs and topology.database.postgres == newest:
            return f"the configuration says postgres: {newest}, which is the newest"
        return "; ".join(ground.lacks[need] for need in sorted(self.needs & ground.lacks.keys()))

    def kept(self, measured: Measured, topology: Topology) -> bool:
        """Whether what was measured keeps the promise."""
        bound = self.bound_seconds(topology)
        in_time = bound is None or (measured.seconds is not None and measured.seconds <= bound)
        in_time = in_time and not measured.missed
        return in_time and not measured.breaks_rows(may_lose=self.may_lose)


STREAM_SECONDS = 1.0
"""Of a follower that streams, at any distance on this planet: 300 ms, and a pause."""


def archive_bound(topology: Topology) -> float:
    """The archive timeout and ten seconds for upload, the replica's next look and its replay."""
    return topology.database.archive_timeout_seconds + 10.0


def loss_bound(topology: Topology) -> float:
    """How much time of acknowledged writes the loss of a region may cost."""
    return STREAM_SECONDS if topology.streams else archive_bound(topology)


def expect(holds: object, promise: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(promise)
