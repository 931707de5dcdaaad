"""Both sites of a drill as applications and operators meet them, on any ground."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, Literal

from drill.failure_modes import WELL, FailureMode
from drill.ground import Ground
from drill.ground_site import NoAnswer, Site
from drill.host_gateway import HostGateway
from drill.pgtwin_command import PgtwinCommand
from drill.traffic.endpoint import Endpoint
from drill.traffic.writer import Writer
from drill.writer_alias import WriterAlias
from topology.site import SITES, SiteName
from topology.topology import Topology

Home = Literal["the primary writes and DR follows", "DR writes alone", "both write", "neither"]
"""How the two sites stand; `neither` of these where a site does not answer, too."""


class Twin:
    """The ground comes to life with `__enter__` and is gone after `__exit__`."""

    pgtwin: PgtwinCommand
    alias: WriterAlias
    bundle: Path
    """What applications trust, fetched once: the primary region's copy, for both sites."""

    def __init__(self, ground: Ground, work: Path) -> None:
        self.ground = ground
        self.work = work
        self.writers: list[Writer] = []
        self._runs = count(1)  # tracks that are played side by side never get the same one
        self._stack = ExitStack()
        self._passwords: dict[str, str] = {}

    def __enter__(self) -> "Twin":
        with ExitStack() as stack:
            stack.enter_context(self.ground)
            gateway = HostGateway({name: site.run_verb for name, site in self.ground.sites.items()})
            stack.callback(gateway.close)
            self.ground.cloud.run_verbs(self.topology.name, gateway.command)
            self.pgtwin = PgtwinCommand(
                config=self.ground.config,
                environment=self.ground.endpoints.environment(self.topology.dr.region),
                work=self.work,
                start=self._python,
            )
            self.bundle = self._trusted()
            self.alias = WriterAlias(self.ground.cloud, self.topology)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def topology(self) -> Topology:
        """What is deployed."""
        return self.ground.topology

    @property
    def sites(self) -> Mapping[SiteName, Site]:
        """Both sites."""
        return self.ground.sites

    @property
    def archive_timeout_seconds(self) -> int:
        """How long a row may wait until its segment is archived."""
        return self.topology.database.archive_timeout_seconds

    def writer(self, folder: Path) -> Writer:
        """An application that writes to wherever the alias leads, under a name of its own."""
        writer = Writer(run=self.next_run(), resolve=self.resolve, folder=folder)
        self.writers.append(writer)
        return writer

    def next_run(self) -> str:
        """A name for the rows of one writer, which no other has."""
        return f"writer-{next(self._runs)}"

    def home(self) -> Home:
        """How the two sites stand at this moment."""
        writes = {name: self._writes(name) for name in SITES}
        if all(writes.values()):
            return "both write"
        if writes["primary"] and writes["dr"] is False:
            return "the primary writes and DR follows"
        if writes["dr"] and not writes["primary"]:
            return "DR writes alone"
        return "neither"

    def resolve(self) -> Endpoint | None:
        """Where the writer is, for an application that moves to DR when its own region is lost."""
        here: SiteName = "primary" if self.sites["primary"].powered else "dr"
        leads_to = self.alias.seen_from(here)
        return self.endpoint(leads_to) if leads_to else None

    def endpoint(self, name: SiteName) -> Endpoint | None:
        """The load balancer of one site; None while it leads nowhere."""
        site = self.sites[name]
        balancer = site.balancer() if site.powered else None
        if balancer is None:
            return None
        database = self.topology.database
        return Endpoint(
            site=name,
            alias=self.topology.names.writer_alias(),
            host=balancer.host,
            port=balancer.port,
            bundle=self.bundle,
            database=database.name,
            user=database.owner,
            password=self.password(database.owner),
        )

    def password(self, user: str) -> str:
        """The password of a database user, from Secrets Manager."""
        if user not in self._passwords:
            secrets = self.ground.cloud.client("secretsmanager", self.topology.dr.region)
            name = self.topology.names.database_secret(user)
            content = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
            self._passwords[user] = content["password"]
        return self._passwords[user]

    def record(self) -> dict[str, Any]:
        """The record of the writer in DR's region; empty before the first change of the writer."""
        ssm = self.ground.cloud.client("ssm", self.topology.dr.region)
        name = self.topology.names.record_parameter()
        found = ssm.get_parameters(Names=[name])["Parameters"]
        return dict(json.loads(found[0]["Value"])) if found else {}

    def lose_machines(self, name: SiteName) -> float:
        """Kill every machine of a site at once; the Unix time at which it happened."""
        at = time.time()
        self.sites[name].power_off()
        return at

    def lose_region(self, name: SiteName, mode: FailureMode) -> float:
        """Take a whole region away: its machines, its bucket, its APIs."""
        at = time.time()
        self.ground.endpoints.fail(self.topology.site(name).region, mode)
        self.ground.cut(name, mode)
        self.sites[name].power_off()
        return at

    def heal(self, name: SiteName) -> None:
        """The region answers again; its machines are as they were."""
        self.ground.endpoints.fail(self.topology.site(name).region, WELL)
        self.ground.heal(name)

    def _python(self, program: Sequence[str]) -> list[str]:
        return self.ground.python(self.ground.endpoints.program(program))

    def _trusted(self) -> Path:
        ssm = self.ground.cloud.client("ssm", self.topology.primary.region)
        name = self.topology.names.authority_parameter()
        file = self.work / "authority.crt"
        file.write_text(ssm.get_parameter(Name=name)["Parameter"]["Value"], encoding="utf-8")
        return file

    def _writes(self, name: SiteName) -> bool | None:
        """Whether a site's database accepts writes; None where it does not answer."""
        try:
            ((recovers,),) = self.sites[name].databases.rows("SELECT pg_is_in_recovery()")
        except NoAnswer:
            return None
        return not recovers
