"""Both regions of the drill, deployed and alive, with everything that a scenario may do to them."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal

import psycopg

from drill.aws.accounting import Accounting
from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.drill_site import DrillSite
from drill.ground import Ran
from drill.host_gateway import HostGateway
from drill.operator.processes import Processes
from drill.pgtwin_command import PgtwinCommand
from drill.rehearsed_configuration import K3S_MIRROR, RehearsedConfiguration
from drill.traffic.endpoint import Endpoint
from drill.traffic.writer import Writer
from drill.writer_alias import WriterAlias
from topology.site import SITES, SiteName

Home = Literal["the primary writes and DR follows", "DR writes alone", "neither"]
"""How the two sites stand."""


class Twin:
    """Made by `__enter__`, gone after `__exit__`, whatever happened between."""

    aws: EmbeddedAws
    pgtwin: PgtwinCommand

    def __init__(
        self, configuration: RehearsedConfiguration, work: Path, tell: Callable[[str], None]
    ) -> None:
        self.configuration = configuration
        self.topology = configuration.topology
        self.work = work
        self.sites: dict[SiteName, DrillSite] = {}
        self.writers: list[Writer] = []
        self._tell = tell
        self._stack = ExitStack()
        self._passwords: dict[str, str] = {}

    def __enter__(self) -> "Twin":
        with ExitStack() as stack:
            self._deploy(stack)
            self._boot(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def accounting(self) -> Accounting:
        """Which resources of the templates exist."""
        return replace(self._accounting.result(), seconds=self._deployed_seconds)

    @property
    def archive_timeout_seconds(self) -> int:
        """How long a row may wait until its segment is archived."""
        return self.topology.database.archive_timeout_seconds

    def writer(self, folder: Path) -> Writer:
        """An application that writes to wherever the alias leads, under a name of its own."""
        run = f"writer-{len(self.writers) + 1}"
        writer = Writer(run=run, resolve=self.resolve, folder=folder)
        self.writers.append(writer)
        return writer

    def home(self) -> Home:
        """How the two sites stand at this moment."""
        writes = {name: self._writes(name) for name in SITES}
        if writes["primary"] and writes["dr"] is False:
            return "the primary writes and DR follows"
        if writes["dr"] and not writes["primary"]:
            return "DR writes alone"
        return "neither"

    def writing_site(self) -> DrillSite | None:
        """The site whose database accepts writes."""
        return next((self.sites[name] for name in SITES if self._writes(name)), None)

    def resolve(self) -> Endpoint | None:
        """Where the writer is, for an application that moves to DR when its own region is lost."""
        here: SiteName = "primary" if self.sites["primary"].powered else "dr"
        leads_to = self.alias.seen_from(here)
        return self.endpoint(leads_to) if leads_to else None

    def endpoint(self, name: SiteName) -> Endpoint | None:
        """The load balancer of one site; None while it leads nowhere."""
        site = self.sites[name]
        if not site.powered or site.writer_port is None or site.ca is None:
            return None
        database = self.topology.database
        return Endpoint(
            port=site.writer_port,
            ca=site.ca,
            database=database.name,
            user=database.owner,
            password=self.password(database.owner),
        )

    def password(self, user: str) -> str:
        """The password of a database user, from Secrets Manager."""
        if user not in self._passwords:
            secrets = self.aws.client("secretsmanager", self.topology.dr.region)
            name = self.topology.names.database_secret(user)
            content = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
            self._passwords[user] = content["password"]
        return self._passwords[user]

    def bucket(self, name: SiteName) -> str:
        """The backup bucket of a site."""
        return self.topology.names.bucket(self.topology.site(name).bucket, self.aws.account)

    def lose_machines(self, name: SiteName) -> float:
        """Kill every machine of a site at once; the Unix time at which it happened."""
        at = time.time()
        self.sites[name].power_off()
        return at

    def lose_region(self, name: SiteName) -> float:
        """Take a whole region away: its machines, its bucket, its APIs."""
        at = time.time()
        self.aws.cut(self.topology.site(name).region)
        self.sites[name].power_off()
        return at

    def heal_region(self, name: SiteName) -> None:
        """The region answers again; its machines are still without power."""
        self.aws.heal(self.topology.site(name).region)

    def run_verb(self, name: str, arguments: Sequence[str]) -> Ran | None:
        """What the host program says on a site; None where it cannot be reached."""
        site = self.sites["primary" if name == "primary" else "dr"]
        if not site.powered:
            return None
        return site.embedded.machines["server-1"].run(*arguments)

    def _writes(self, name: SiteName) -> bool | None:
        """Whether a site's database accepts writes; None where it does not answer."""
        controller = self.sites[name].operator.controller(self.topology.site(name).cluster)
        primary = controller.primary if controller else None
        if primary is None or not primary.running:
            return None
        try:
            return not primary.in_recovery()
        except psycopg.Error:
            return None

    def _deploy(self, stack: ExitStack) -> None:
        regions = [self.topology.site(name).region for name in SITES]
        self._tell("starting the embedded AWS")
        began = time.monotonic()
        self.aws = stack.enter_context(EmbeddedAws(regions, log=self.work / "aws.log"))
        deployment = Deployment(
            embedded=self.aws,
            config=self.configuration.path,
            work=self.work / "cdk",
            on_step=lambda step: self._tell(f"cdk: {step}"),
        )
        deployment.prepare()
        deployment.deploy_assembly()
        # Counted while the machines boot, which mostly wait.
        pool = stack.enter_context(ThreadPoolExecutor(1))
        self._accounting = pool.submit(deployment.account)
        self._deployed_seconds = time.monotonic() - began
        self._provide_k3s()
        self.aws.enforce_iam()
        self.alias = WriterAlias(self.aws, self.topology)

    def _provide_k3s(self) -> None:
        region = self.topology.dr.region
        s3 = self.aws.client("s3", region)
        s3.create_bucket(
            Bucket=K3S_MIRROR, CreateBucketConfiguration={"LocationConstraint": region}
        )
        for name in ("k3s", "k3s-arm64"):
            s3.put_object(Bucket=K3S_MIRROR, Key=f"k3s/{name}", Body=self.configuration.k3s_binary)

    def _boot(self, stack: ExitStack) -> None:
        # Over the whole of `work`: what runs on the machines ends with the drill too.
        processes = stack.enter_context(Processes(self.work))
        # A Unix socket's path may have 107 bytes; a working folder of the user's may have more.
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="pgtwin-"))
        for name in SITES:
            self.sites[name] = DrillSite(
                aws=self.aws,
                name=name,
                site=self.topology.site(name),
                work=self.work,
                sockets=Path(sockets),
                processes=processes,
            )
            stack.callback(self.sites[name].close)
        gateway = HostGateway(self.run_verb)
        stack.callback(gateway.close)
        self.pgtwin = PgtwinCommand(
            config=self.configuration.path,
            environment={
                **self.aws.environment(self.topology.dr.region),
                "PGTWIN_HOST_COMMAND": gateway.command,
            },
            work=self.work,
            start=processes.warm,
        )
        self._tell("booting both sites from their templates")
        with ThreadPoolExecutor(len(SITES)) as pool:
            booting = [pool.submit(site.start) for site in self.sites.values()]
            try:
                for future in booting:
                    future.result()
            except BaseException:
                # An interruption must not wait for the machines that are still booting.
                processes.kill(self.work)
                raise
