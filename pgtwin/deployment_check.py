"""What stops the deployment of a site: pure, over what runs and what is configured.

What always holds: no more than one machine that works goes at a time, and none while another is
away; what a newer configuration has made is not taken back by an older one; and nothing begins that
would wait for a machine that cannot answer. A machine that does not work takes nothing away.

A changed bundle is run by every instance that is a server of the site, one that is about to be
replaced included; CloudFormation waits for each of them, and rolls back by the same way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pgtwin.failback_check import as_a_replica
from pgtwin.replacement import RunningMachine, ends, interrupted
from topology.names import STACK_IDS
from topology.site import SiteName, other_site
from topology.topology import Topology


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """What stands in the way, and the edit or command that settles it."""

    found: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class DeploymentCheck:
    """One site's machines against the configuration in the file `config`."""

    topology: Topology
    site: SiteName
    running: Mapping[str, RunningMachine]
    config: Path
    same_bundle: bool = False
    """Whether the deployed bundle is known to be the one that would be deployed."""

    @property
    def replaced(self) -> tuple[str, ...]:
        """The nodes whose machine the deployment replaces or stops."""
        return interrupted(self.topology.site(self.site), self._zones, self.running)

    @property
    def replaced_by_another(self) -> tuple[str, ...]:
        """Those of them whose instance ends."""
        here = self.topology.site(self.site)
        return tuple(
            node for node in self.replaced if ends(here, self._zones, node, self.running[node])
        )

    @property
    def leaving(self) -> tuple[str, ...]:
        """The nodes that have a machine, and are in the configuration no more."""
        return tuple(node for node in self.running if node not in self._nodes)

    @property
    def taken(self) -> tuple[str, ...]:
        """Those of them that work."""
        return tuple(node for node in self.replaced if self.running[node].works)

    def obstacles(self) -> tuple[Obstacle, ...]:
        """Everything that stops the deployment; nothing where there are no machines yet."""
        if not self.running:
            return ()
        away = [node for node in self.replaced if node not in self.taken]
        found = (
            self._older() or self._too_many(),
            self._another_away(),
            self._stopped(),
            self._dead(away, "is stopped"),
        )
        return tuple(each for each in found if each is not None)

    def by_kubernetes(self, ready: Mapping[str, bool] | None) -> Obstacle | None:
        """The same by what each node says of itself, None where the site does not answer.

        No answer is no obstacle in itself: it may be what the replacement is to repair.
        """
        if ready is None:
            return self._dead(self.taken, "may not work, as the site does not answer")
        taken = [node for node in self.taken if ready.get(node)]
        away = [node for node, is_ready in ready.items() if not is_ready]
        others = [node for node in away if node not in self.replaced]
        if taken and others:
            return self._while_away(taken, others, "not Ready")
        return self._dead([node for node in self.taken if node in away], "is not Ready")

    def _older(self) -> Obstacle | None:
        here = self.topology.site(self.site)
        older = [
            f"{node} is of generation {self.running[node].generation}, {here.generation(node)} here"
            for node in self._nodes
            if node in self.running and self.running[node].generation > here.generation(node)
        ]
        if not older:
            return None
        return Obstacle(
            found=f"{self.config} is older than what runs: {', '.join(older)}",
            remedy=f"take the newest {self.config}; {self.site}.machines has what a replacement "
            "wrote there",
        )

    def _too_many(self) -> Obstacle | None:
        if len(self.replaced) <= 1:
            return None
        return Obstacle(
            found=f"the next deployment replaces or stops {', '.join(self.replaced)} at once",
            remedy=f"take the change out of {self.config}, then run: pgtwin roll "
            f"--site {self.site}",
        )

    def _another_away(self) -> Obstacle | None:
        away = [node for node in self._nodes if node not in self.replaced and self._is_away(node)]
        return self._while_away(self.taken, away, "not running") if self.taken and away else None

    def _while_away(self, taken: Iterable[str], away: Iterable[str], how: str) -> Obstacle:
        return Obstacle(
            found=f"the next deployment replaces {', '.join(taken)}, which works, while "
            f"{', '.join(away)} is {how}",
            remedy=f"bring {', '.join(away)} back first",
        )

    def _stopped(self) -> Obstacle | None:
        stopped = [
            node
            for node in self._servers
            if node in self.running and node not in self.replaced and self._is_away(node)
        ]
        if not stopped or self.same_bundle:
            return None
        other = STACK_IDS[other_site(self.site)]
        return Obstacle(
            found=f"{', '.join(stopped)} is stopped, and the bundle is another than the deployed "
            "one: the deployment would wait for it for hours, and then again to be rolled back",
            remedy="to bring back a site that a failover has stopped, "
            f"run: {as_a_replica(self.site)}; for the other site alone, "
            f"run: make deploy CONFIG={self.config} STACKS={other}",
        )

    def _dead(self, nodes: Iterable[str], how: str) -> Obstacle | None:
        dead = [node for node in nodes if node in self._servers]
        if not dead or self.same_bundle:
            return None
        instances = " ".join(self.running[node].instance for node in dead)
        region = self.topology.site(self.site).region
        return Obstacle(
            found=f"{', '.join(dead)}, which the next deployment replaces, {how}, and the bundle "
            "is another than the deployed one: the deployment would wait for it, and fail",
            remedy="terminate it first, its data volume stays; run: aws ec2 terminate-instances "
            f"--region {region} --instance-ids {instances}",
        )

    def _is_away(self, node: str) -> bool:
        return node not in self.running or not self.running[node].works

    @property
    def _servers(self) -> tuple[str, ...]:
        return self._nodes[: self.topology.site(self.site).servers]

    @property
    def _nodes(self) -> tuple[str, ...]:
        return self.topology.nodes(self.site)

    @property
    def _zones(self) -> Mapping[str, str]:
        return self.topology.zones(self.site)
