"""Bringing a rig up: network, AWS, deployment, machines, until both sites say that they are ready.

Order, and why: the network before AWS, which listens in it; the deployment before the machines,
because it says which there are; all machines at once, as CloudFormation starts them, so DR waits
for the primary's first base backup by itself. What is interrupted is removed by name.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from pathlib import Path

from drill import k3s_mirror
from drill.aws.accounting import Accounting
from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws, Signal
from drill.failure_modes import Cut
from drill.replication_mode import DISTANCE_SECONDS
from drill.rig import (
    addresses,
    cgroups,
    cloud,
    configuration,
    network,
    power,
    root_disk,
)
from drill.rig.cuts import UNLINKED, Cuts
from drill.rig.inside import kernel
from drill.rig.machine import RigMachine, machines_of
from drill.rig.name import ROUTER, RigName
from drill.rig.real_parts import RealParts
from drill.rig.site_builder import SiteBuilder, builders
from drill.stream.peering import link
from topology.site import SITES, SiteName
from topology.topology import Replication, Topology

READY_SECONDS = 1800.0
"""Twice what a deployment may take on two busy processors."""
_POLL_SECONDS = 1.0
_REPOSITORY = Path(__file__).parents[2]


class SiteNotReady(Exception):  # noqa: N818 (what is the matter)
    """A site did not come up; the message says what its machines said."""


class Rig:
    """Both sites of one configuration."""

    def __init__(
        self,
        *,
        name: RigName,
        config: Path,
        parts: RealParts,
        say: Callable[[str], None],
        replication: Replication | None = None,
        rpo: str | None = None,
        distance_seconds: float = DISTANCE_SECONDS,
    ) -> None:
        """`replication` and `rpo` instead of what the configuration says; the distance is the
        stream's.
        """
        self.name = name
        self._parts = parts
        self._say = say
        self._distance_seconds = distance_seconds
        made = configuration.with_mirror(
            config,
            name.state / "deployment",
            root_disk.k3s_program(),
            replication=replication,
            rpo=rpo,
        )
        one, other = (IPv4Network(made.topology.site(site).cidr) for site in SITES)
        self.vpcs = one, other
        self._cuts = Cuts(name)
        self.config: Path = made.path
        self.topology: Topology = made.topology
        self.aws: EmbeddedAws

    def up(self, sites: Sequence[SiteName] = SITES) -> None:
        """Make everything and wait until the sites are ready.

        The calling thread, and what it starts later, is in the rig's network from then on.

        Raises:
            SiteNotReady: when one is not in time.
        """
        self.make_cloud()
        self.deploy()
        self.build(sites)
        for machine in self.machines(sites):
            machine.power_on()
            self._say(f"{machine.name} is on")
        for site in sites:
            self.await_ready(site)

    def make_cloud(self) -> None:
        """The network, and AWS in it."""
        services = [
            *map(addresses.region, range(len(SITES))),
            *map(addresses.balancer, self.vpcs),
            addresses.INTERNET,
            addresses.USER,
        ]
        network.make_router(self.name, self.vpcs, services)
        Cuts(self.name, preference=UNLINKED).cut(self.vpcs[0], self.vpcs[1], "drop")
        (self.name.state / "log").mkdir(exist_ok=True)
        cgroups.make(self.name.machine_cgroup(ROUTER))
        arguments = (
            self.name.run,
            str(self.config),
            str(self._parts.chart_repository),
            str(self._distance_seconds),
        )
        with (self.name.state / "log/cloud.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "drill.rig.cloud", *arguments],
                cwd=_REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.aws = cloud.await_ready(self.name)
        kernel.enter_network(self.name.namespace(ROUTER))
        self._say("network and AWS are there")

    def deploy(self) -> None:
        """Deploy the project's own application, then let IAM decide over every request."""
        began = time.monotonic()
        deployment = self._deployment
        deployment.prepare()
        deployment.deploy_assembly()
        region = self.topology.dr.region
        s3 = self.aws.client("s3", region)
        k3s_mirror.fill(configuration.MIRROR, root_disk.k3s_program(), s3=s3, region=region)
        if self.topology.streams:
            self._say("pgtwin link")
            link(self.config, self.aws.environment(region))
        self.aws.enforce_iam()
        self._say(f"deployed in {time.monotonic() - began:.0f} s")

    def redeploy(self) -> None:
        """Deploy the configuration as it is now, into a cloud that has it already.

        A machine whose instance was replaced boots after the deployment: with an empty root disk,
        and the data volume of the old one.
        """
        self._deployment.redeploy()
        with power.held(self.name):
            new = [each for builder in self._builders() for each in builder.build_new()]
        for machine in new:
            machine.power_on()
            self._say(f"{machine.name} is on, as {machine.spec.instance}")

    def build(self, sites: Sequence[SiteName] = SITES, *, empty: bool = False) -> None:
        """Build the machines that were deployed, or empty clusters of them; none has power yet."""
        for builder in self._builders(empty=empty):
            if builder.site in sites:
                builder.build()

    def machines(self, sites: Sequence[SiteName] = SITES) -> Sequence[RigMachine]:
        """The machines of these sites."""
        return [
            each
            for each in machines_of(self.name)
            if any(each.name.startswith(f"{site}-") for site in sites)
        ]

    def await_ready(self, site: SiteName) -> None:
        """Wait until the site's first server told CloudFormation that the site is ready.

        Raises:
            SiteNotReady: with the last lines of its boot.
        """
        began, told = time.monotonic(), ""
        while time.monotonic() - began < READY_SECONDS:
            statuses = {each.status for each in self._signals(site)}
            if "SUCCESS" in statuses:
                self._say(f"{site} is ready")
                return
            line = self._last_line(site)
            if line != told:
                self._say(f"{site}: {line}")
            told = line
            time.sleep(_POLL_SECONDS)
        raise SiteNotReady(f"{site} is not ready after {READY_SECONDS:.0f} s: {told}")

    def cut(self, site: SiteName, how: Cut = "refused") -> None:
        """Cut a region off: its AWS, its load balancer, its machines from those of the other."""
        region = self.topology.site(site).region
        self.aws.cut(region, how)
        cloud.note_cut(self.name, region, how)
        primary, dr = self.vpcs
        self._cuts.cut(primary, dr, "drop" if how == "swallowed" else "reject")
        if how == "swallowed":
            index = SITES.index(site)
            aws = IPv4Network(f"{addresses.region(index)}/32")
            self._cuts.cut(self.vpcs[1 - index], aws, "drop")

    def heal(self, site: SiteName) -> None:
        """The region answers again; its machines are as they were."""
        region = self.topology.site(site).region
        self._cuts.heal()
        cloud.note_cut(self.name, region, None)
        self.aws.heal(region)

    def resolver(self, site: SiteName) -> Path:
        """A resolv.conf that asks the name server of a site's VPC, and nobody else."""
        file = self.name.state / f"resolv-{site}.conf"
        server = network.gateway(self.vpcs[SITES.index(site)])
        file.write_text(f"nameserver {server}\noptions timeout:2 attempts:2\n", encoding="utf-8")
        return file

    def account(self) -> Accounting:
        """Which resources of the templates exist in the embedded AWS."""
        return self._deployment.account()

    def _builders(self, *, empty: bool = False) -> Sequence[SiteBuilder]:
        return builders(
            name=self.name, topology=self.topology, parts=self._parts, aws=self.aws, empty=empty
        )

    @property
    def _deployment(self) -> Deployment:
        return Deployment(
            embedded=self.aws,
            config=self.config,
            work=self.name.state / "deployment/cdk",
            on_step=lambda step: self._say(f"cdk: {step}"),
        )

    def _signals(self, site: SiteName) -> Sequence[Signal]:
        ssm = self.aws.client("ssm", self.topology.site(site).region)
        parameter = f"/pgtwin/{self.topology.name}/{site}/signal"
        return self.aws.signals(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])

    def _last_line(self, site: SiteName) -> str:
        server = next(each for each in self.machines([site]) if each.name.endswith("server-1"))
        log = server.spec.root_disk / "upper/var/log/pgtwin-user-data.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return lines[-1] if lines else "no word yet"
