"""Which ground a drill is played on, and whether it can be: asked before anything is touched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill import deployed_mode
from drill.ground import Ground, GroundName
from drill.grounds.embedded import EmbeddedGround
from drill.rehearsed_configuration import rehearsed
from drill.replication_mode import DISTANCE_SECONDS
from topology.load import parse
from topology.topology import Replication, Topology


class GroundUnfit(Exception):  # noqa: N818 (says what was found)
    """The ground cannot be used; one line per reason, and nothing was touched."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a user asked for."""

    ground: GroundName
    kubeconfigs: Sequence[Path] = ()
    """Of the primary and of DR, for `clusters`."""
    address: str = ""
    """Of this computer, where both clusters reach the drill's AWS, for `clusters`."""
    hurried: bool = True
    """Whether the whole drill aims at four minutes where it is embedded."""
    replication: Replication | None = None
    """Instead of what the configuration says."""
    rpo: str | None = None
    """The same, with a mode whose commits wait."""
    distance_seconds: float = DISTANCE_SECONDS
    """Between the sites, there and back, where they are on this computer."""

    def check(self, topology: Topology) -> None:
        """Refuse what cannot be used.

        Raises:
            GroundUnfit: with every reason.
            Refused: when the configuration does not go with the replication that was chosen.
        """
        if self.replication or self.rpo:
            document = topology.model_dump()
            deployed_mode.write(document, self.replication, self.rpo)
            parse(document)
        if reasons := self._unfit(topology):
            raise GroundUnfit(reasons)

    def make(self, config: Path, work: Path, tell: Callable[[str], None]) -> Ground:
        """The ground; it comes to life when it is entered."""
        if self.ground == "rig":
            from drill.grounds.rig import RigGround

            return RigGround(
                config,
                work,
                tell,
                replication=self.replication,
                rpo=self.rpo,
                distance_seconds=self.distance_seconds,
            )
        if self.ground == "clusters":
            from drill.grounds.clusters import ClustersGround

            return ClustersGround(self.kubeconfigs, self.address, config, work, tell)
        return EmbeddedGround(
            rehearsed(config, work, replication=self.replication, rpo=self.rpo),
            work,
            tell,
            hurried=self.hurried,
            distance_seconds=self.distance_seconds,
        )

    def _unfit(self, topology: Topology) -> Sequence[str]:
        if self.ground == "rig":
            from drill.grounds import rig

            return rig.unfit(topology)
        if self.ground == "clusters":
            from drill.grounds import unused_cluster

            return (
                *self._chosen_here(),
                *_unguarded(topology),
                *unused_cluster.unfit(self.kubeconfigs, self.address, topology),
            )
        return ()

    def _chosen_here(self) -> Sequence[str]:
        """What a user's clusters have by themselves."""
        chosen = self.replication or self.rpo
        if not chosen and self.distance_seconds == DISTANCE_SECONDS:
            return ()
        return (f"{self.ground}: replication and distance are what is configured and there",)


def _unguarded(topology: Topology) -> Sequence[str]:
    """The host program is no unit here, and nothing of it runs all the time."""
    if not topology.waits_for_the_other_region:
        return ()
    return ("clusters: with replication: synchronous the guard of the host program is missing",)
