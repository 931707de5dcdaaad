"""Both sites embedded in one process tree of this computer: any laptop, no root, no Kubernetes."""

import importlib.metadata
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from drill import k3s_mirror
from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.drill_site import DrillSite
from drill.emulated import EMULATED
from drill.failure_modes import FailureMode
from drill.ground import About, GroundName, Need
from drill.kubernetes.schemas.crd_schemas import unchecked_sentence
from drill.operator.processes import POSTGRES_BIN, Processes
from drill.rehearsed_configuration import K3S_MIRROR, RehearsedConfiguration
from drill.replication_mode import DISTANCE_SECONDS, Mode
from drill.stream.deployed_paths import DeployedPaths
from drill.stream.peering import link
from drill.throughput.measurement import measure
from topology.site import SITES, SiteName

TIME: Need = "more than four minutes"
LACKS: Mapping[Need, str] = {
    "failover inside a site": "needs real Kubernetes: the drill's operator has no failover inside "
    "a site",
    "processor time": "needs real Kubernetes: the drill's WAL commands start from a warm Python",
    TIME: "takes too long for a drill that aims at four minutes - run: make drill-full",
    "another major version": "needs real Kubernetes: the drill's operator has the programs of one "
    "major version, and converts nothing",
    "replacement of a machine": "needs real Kubernetes; with a double of the operator - run: "
    "make life",
    "power of a machine": "needs real Kubernetes: the drill's machines share one control plane",
}


class EmbeddedGround:
    """Deployed by the real CDK CLI into an embedded AWS, booted from its own user-data."""

    name: GroundName = "embedded"
    lacks = LACKS
    cloud: EmbeddedAws

    def __init__(
        self,
        configuration: RehearsedConfiguration,
        work: Path,
        tell: Callable[[str], None],
        *,
        hurried: bool = True,
        distance_seconds: float = DISTANCE_SECONDS,
    ) -> None:
        """Without `hurried` there is time for every scenario."""
        if not hurried:
            self.lacks = {need: why for need, why in LACKS.items() if need != TIME}
        self.topology = configuration.topology
        self.config = configuration.path
        self.mode = Mode(
            replication=configuration.topology.replication, distance_seconds=distance_seconds
        )
        self.sites: dict[SiteName, DrillSite] = {}
        self._configuration = configuration
        self._work = work
        self._tell = tell
        self._stack = ExitStack()

    def __enter__(self) -> "EmbeddedGround":
        with ExitStack() as stack:
            self._deploy(stack)
            self._boot(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def cut(self, site: SiteName, mode: FailureMode) -> None:
        """Cut a region off the network; the path last, as its machines are lost with it."""
        if mode.cut:
            self.cloud.cut(self.topology.site(site).region, mode.cut, mode.services or ())
        self._paths.cut()

    def heal(self, site: SiteName) -> None:
        """The region answers again; its machines are as they were."""
        self.cloud.heal(self.topology.site(site).region)
        self._paths.heal()

    def cut_path(self) -> None:
        """Let nothing pass between the two VPCs."""
        self._paths.cut()

    def heal_path(self) -> None:
        """Let it pass again."""
        self._paths.heal()

    def redeploy(self) -> None:
        """Not here; see `lacks`."""
        raise NotImplementedError(LACKS["replacement of a machine"])

    def python(self, program: Sequence[str]) -> list[str]:
        """Forked from a Python that has imported what the program needs."""
        return self._processes.warm(program)

    def in_vpc(self, site: SiteName, program: Sequence[str]) -> None:
        """Nowhere: there is no name server."""

    def throughput(self) -> Mapping[str, float]:
        """Measure the archive of the site that writes; empty where none does."""
        for site in self.sites.values():
            leader = site.leader()
            report = leader.report() if leader else None
            if leader and report and not report.in_recovery:
                return measure(
                    site.spec(),
                    environment=leader.machine_environment,
                    s3=self.cloud.client("s3", site.region),
                    folder=self._work / "throughput",
                )
        return {}

    def about(self) -> About:
        """Its versions, and what stands in for the real thing."""
        packages = ("barman", "moto", "boto3", "aws-cdk-lib", "psycopg")
        accounting = replace(self._accounting.result(), seconds=self._deployed_seconds)
        return About(
            versions={
                "PostgreSQL": _postgres_version(),
                **{package: importlib.metadata.version(package) for package in packages},
            },
            emulated=(*EMULATED, *filter(None, [unchecked_sentence()])),
            overrides=self._configuration.overrides,
            ready_seconds=self._ready_seconds,
            embedded_aws=accounting.document(),
            mode=self.mode,
        )

    def _deploy(self, stack: ExitStack) -> None:
        regions = [self.topology.site(name).region for name in SITES]
        self._tell("starting the embedded AWS")
        began = time.monotonic()
        self.cloud = stack.enter_context(EmbeddedAws(regions, log=self._work / "aws.log"))
        deployment = Deployment(
            embedded=self.cloud,
            config=self.config,
            work=self._work / "cdk",
            on_step=lambda step: self._tell(f"cdk: {step}"),
        )
        deployment.prepare()
        # Over the whole of `work`: what runs on the machines ends with the drill too.
        processes = Processes(self._work, archives=[deployment.host_program])
        self._processes = stack.enter_context(processes)
        pool = stack.enter_context(ThreadPoolExecutor(1))
        # Begun while the stacks are deployed; the first machine waits for its end.
        pool.submit(processes.warm, ())
        deployment.deploy_assembly()
        # Counted while the machines boot, which mostly wait.
        self._accounting = pool.submit(deployment.account)
        self._deployed_seconds = time.monotonic() - began
        self.endpoints = stack.enter_context(Endpoints(self.cloud, self._work / "endpoints"))
        if self.topology.streams:
            self._tell("pgtwin link")
            link(self.config, self.cloud.environment(self.topology.dr.region))
        region = self.topology.dr.region
        s3 = self.cloud.client("s3", region)
        k3s_mirror.fill(K3S_MIRROR, self._configuration.k3s_binary, s3=s3, region=region)
        self.cloud.enforce_iam()

    def _lay_paths(self) -> DeployedPaths:
        def balancer(name: SiteName) -> int | None:
            address = self.sites[name].balancer() if name in self.sites else None
            return address.port if address else None

        return DeployedPaths(
            self.topology,
            self.cloud.client,
            {name: partial(balancer, name) for name in SITES},
            distance_seconds=self.mode.distance_seconds or 0,
        )

    def _boot(self, stack: ExitStack) -> None:
        # A Unix socket's path may have 107 bytes; a working folder of the user's may have more.
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="pgtwin-"))
        paths = self._paths = self._lay_paths()
        stack.callback(paths.close)
        for name in SITES:
            self.sites[name] = DrillSite(
                aws=self.cloud,
                name=name,
                site=self.topology.site(name),
                database=self.topology.database.name,
                work=self._work,
                sockets=Path(sockets),
                processes=self._processes,
                route=partial(paths.route, name),
            )
            stack.callback(self.sites[name].close)
        self._tell("booting both sites from their templates")
        with ThreadPoolExecutor(len(SITES)) as pool:
            booting = {name: pool.submit(site.start) for name, site in self.sites.items()}
            try:
                self._ready_seconds = {
                    name: round(each.result(), 1) for name, each in booting.items()
                }
            except BaseException:
                # An interruption must not wait for the machines that are still booting.
                self._processes.kill(self._work)
                raise


def _postgres_version() -> str:
    postgres = str(POSTGRES_BIN / "postgres")
    printed = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)
    return printed.stdout.split()[-1]
