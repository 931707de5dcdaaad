"""Both sites as real Kubernetes on this computer: `drill.rig`, played like any other ground.

The thread that enters this ground is in the rig's network from then on, and so is what it starts
later: scenarios, `pgtwin`, and the gateway that stands for Session Manager. kubectl is led there by
itself, because the view asks from a thread that is older.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failure_modes import FailureMode
from drill.ground import About, GroundName, Need
from drill.grounds.choice import GroundUnfit
from drill.grounds.real_versions import real_versions
from drill.grounds.rig_site import RigSite
from drill.replication_mode import DISTANCE_SECONDS, Mode
from drill.rig import parts, prerequisites, remains
from drill.rig.alone import RigIsTaken, alone
from drill.rig.cuts import PATH, Cuts
from drill.rig.emulated import EMULATED
from drill.rig.name import DRILL, RigName
from drill.rig.real_parts import RealParts
from drill.rig.rig import Rig
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Replication, Topology

_RESOLVING = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


def unfit(topology: Topology) -> Sequence[str]:
    """Why no rig of a configuration can be made on this computer."""
    return (*prerequisites.missing(), *map(str, prerequisites.too_many_servers(topology)))


class RigGround:
    """Built on first use, removed at the end, however that comes."""

    name: GroundName = "rig"
    lacks: Mapping[Need, str] = {}

    def __init__(
        self,
        config: Path,
        work: Path,
        tell: Callable[[str], None],
        *,
        replication: Replication | None = None,
        rpo: str | None = None,
        distance_seconds: float = DISTANCE_SECONDS,
    ) -> None:
        self.topology = load(config)
        self._replication = replication
        self._rpo = rpo
        self._distance_seconds = distance_seconds
        self.config = config
        self.sites: dict[SiteName, RigSite] = {}
        self._work = work
        self._tell = tell
        self._ready_seconds: dict[SiteName, float] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "RigGround":
        name = RigName(run=DRILL)
        with ExitStack() as stack:
            _take(name, stack)
            remains.remove(name, self._tell)  # of a run that was killed
            built = _built(self._tell)
            stack.callback(remains.remove, name, self._tell)
            self._rig = Rig(
                name=name,
                config=self.config,
                parts=RealParts(folders=built),
                say=self._tell,
                replication=self._replication,
                rpo=self._rpo,
                distance_seconds=self._distance_seconds,
            )
            self._kubectl = built["kubernetes"] / "bin/kubectl"
            self.topology, self.config = self._rig.topology, self._rig.config
            self._deploy()
            self.endpoints = stack.enter_context(Endpoints(self._rig.aws, self._work / "endpoints"))
            self._boot(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def cloud(self) -> EmbeddedAws:
        """The AWS in the rig's router."""
        return self._rig.aws

    def cut(self, site: SiteName, mode: FailureMode) -> None:
        """Cut a region off: its AWS, its balancer, its machines."""
        if mode.cut and not mode.services:
            self._rig.cut(site, mode.cut)
            self.sites[site].is_cut = True

    def heal(self, site: SiteName) -> None:
        """The region answers again."""
        self._rig.heal(site)
        self.sites[site].is_cut = False

    def cut_path(self) -> None:
        """Let no machine reach one of the other VPC."""
        Cuts(self._rig.name, preference=PATH).cut(*self._rig.vpcs, "drop")

    def heal_path(self) -> None:
        """Let it pass again."""
        Cuts(self._rig.name, preference=PATH).heal()

    def redeploy(self) -> None:
        """As `make deploy`; sites know their new machines afterwards."""
        self._rig.redeploy()
        for site in self.sites.values():
            site.find_machines()

    def python(self, program: Sequence[str]) -> list[str]:
        """As a person starts it."""
        return [sys.executable, *program]

    def in_vpc(self, site: SiteName, program: Sequence[str]) -> list[str]:
        """With the name server of the site's VPC, in the router's network."""
        resolver = self._rig.resolver(site)
        return ["unshare", "--mount", "sh", "-c", _RESOLVING, "sh", str(resolver), *program]

    def throughput(self) -> Mapping[str, float]:
        """Not measured here: the embedded ground has the same commands without the pods."""
        return {}

    def about(self) -> About:
        """Its versions, and what stands in for the real thing."""
        return About(
            versions={**parts.versions(), **self._versions},
            emulated=(*EMULATED, *parts.stand_ins()),
            overrides=(),
            ready_seconds=self._ready_seconds,
            embedded_aws=self._accounting.document(),
            mode=Mode(
                replication=self.topology.replication, distance_seconds=self._distance_seconds
            ),
        )

    def _deploy(self) -> None:
        self._rig.make_cloud()
        began = time.monotonic()
        self._rig.deploy()
        seconds = time.monotonic() - began
        # Now, since a region that a scenario leaves cut off cannot be asked at the end.
        self._accounting = replace(self._rig.account(), seconds=seconds)
        self._rig.build()

    def _boot(self, stack: ExitStack) -> None:
        began = time.monotonic()
        for name in SITES:
            self.sites[name] = RigSite(self._rig, name, kubectl=self._kubectl)
            stack.callback(self.sites[name].close)
            self.sites[name].power_on()
        # DR waits for the primary's first base backup by itself, so it is ready later.
        for name in SITES:
            self._rig.await_ready(name)
            self._ready_seconds[name] = round(time.monotonic() - began, 1)
        self._versions = real_versions(self.sites["primary"])


def _take(name: RigName, stack: ExitStack) -> None:
    """Until the end, after all of the rig was removed.

    Raises:
        GroundUnfit: while another drill has its rig here.
    """
    try:
        stack.enter_context(alone(name))
    except RigIsTaken as taken:
        raise GroundUnfit([str(taken)]) from None


def _built(tell: Callable[[str], None]) -> Mapping[str, Path]:
    """The folder of each part; takes long the first time.

    Raises:
        GroundUnfit: when this computer lacks what a part is built with.
    """
    try:
        return parts.build(report=tell)
    except parts.MissingPrerequisitesError as error:
        raise GroundUnfit([str(each) for each in error.missing]) from error
