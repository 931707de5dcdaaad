"""What a scenario may do to two sites, whatever they are made of.

A ground is where scenarios are played: the embedded world of any laptop, the rig of real Kubernetes
in network namespaces, or clusters that a user brings. Scenarios know these Protocols and nothing
behind them. Addresses that a ground gives are reachable from the drill's own process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self, get_args

from topology.site import SiteName
from topology.topology import Topology

GroundName = Literal["embedded", "rig", "clusters"]
GROUNDS: tuple[GroundName, ...] = get_args(GroundName)
Need = Literal[
    "power of a machine",
    "failover inside a site",
    "loss of a region",
    "refused writes",
    "retention on demand",
    "processor time",
]
"""What not every ground can do; a scenario names those that it needs."""


class NoAnswer(Exception):  # noqa: N818 (what happened)
    """What was asked does not answer: no power, no network, or nothing that is ready."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A finished command on a machine."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Address:
    """A load balancer's address, and the certificate authority that its clients trust."""

    host: str
    port: int
    ca: Path


@dataclass(frozen=True, kw_only=True)
class About:
    """What a ground is made of, for the report."""

    versions: Mapping[str, str]
    emulated: tuple[str, ...]
    """What stands in for the real thing, and how far; one sentence each."""
    overrides: tuple[str, ...]
    """Where the ground differs from the user's configuration, and why."""
    ready_seconds: Mapping[SiteName, float]
    """From power on until a site was ready."""
    embedded_aws: Mapping[str, Any]
    """Which resources of the templates exist in the embedded AWS."""


class Cloud(Protocol):
    """AWS, as its administrator sees it."""

    @property
    def account(self) -> str:
        """The id of the account."""
        ...

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of a service in a region."""
        ...

    def environment(self, region: str) -> Mapping[str, str]:
        """The variables that lead an SDK there."""
        ...

    def throttle(self, bucket: str, prefix: str = "", *, seconds: float) -> None:
        """Refuse writes below a prefix with 503 SlowDown for a time; 0 seconds ends that."""
        ...


class Objects(Protocol):
    """Kubernetes objects in the database's namespace, as plain dicts; kinds as for kubectl."""

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """One object; None where it is not there, or the API does not answer."""
        ...

    def list(self, kind: str) -> Sequence[dict[str, Any]]:
        """Every object of a kind; none where the API does not answer."""
        ...

    def patch(self, kind: str, name: str, merge: dict[str, Any]) -> object:
        """Merge into an object; raises where it is refused or nothing answers."""
        ...

    def delete(self, kind: str, name: str) -> object:
        """Delete an object; raises where it is refused or nothing answers."""
        ...


class Databases(Protocol):
    """The databases of a site, through SQL as superuser, on the instance that leads a Cluster.

    `cluster` names another Cluster of the site than its own, as a restore leaves one.
    """

    def rows(self, sql: str, *values: str, cluster: str = "") -> list[tuple[Any, ...]]:
        """The answer to a query whose `%s` stand for the values.

        Raises:
            NoAnswer: when nothing answers, or it refuses.
        """
        ...

    def run(self, sql: str, *values: str) -> None:
        """Change something.

        Raises:
            NoAnswer: when nothing answers, or it refuses.
        """
        ...

    def restore_dump(self, folder: Path, *, table: str) -> Ran:
        """`pg_restore` one table of a dump in the directory format into the site's database."""
        ...


class Site(Protocol):
    """One region's machines, its Kubernetes API and its database."""

    @property
    def name(self) -> SiteName:
        """Which of the two."""
        ...

    @property
    def powered(self) -> bool:
        """Whether its machines have power; one machine off leaves the site powered."""
        ...

    @property
    def objects(self) -> Objects:
        """Its Kubernetes objects."""
        ...

    @property
    def databases(self) -> Databases:
        """Its databases."""
        ...

    def balancer(self) -> Address | None:
        """Where its load balancer listens for clients of the writer; None while nothing does."""
        ...

    def power_off(self, machine: str | None = None) -> None:
        """Cut the power of one machine (its node's name), or of all."""
        ...

    def power_on(self, machine: str | None = None) -> None:
        """Give it back; machines boot by themselves, with what their disks hold. Do not wait."""
        ...

    def run_verb(self, arguments: Sequence[str]) -> Ran | None:
        """Run a verb of the host program on the first server; None where that does not answer."""
        ...

    def processor_seconds(self) -> float:
        """Processor time that the instance that leads has taken, the plugin's sidecar included.

        Raises:
            NoAnswer: when it does not answer.
        """
        ...

    def kill_backups(self) -> int:
        """Kill every base backup that is under way (`barman-cloud-backup`); how many there were."""
        ...

    def enforce_retention(self) -> None:
        """Let the plugin apply its retention policy now, and wait for the end of it."""
        ...


class Ground(Protocol):
    """Both sites, deployed and alive from `__enter__` to `__exit__`, whatever happens between."""

    @property
    def name(self) -> GroundName:
        """Which ground."""
        ...

    @property
    def topology(self) -> Topology:
        """What is deployed."""
        ...

    @property
    def config(self) -> Path:
        """The configuration file of what is deployed, for `pgtwin --config`."""
        ...

    @property
    def cloud(self) -> Cloud:
        """The AWS of both sites."""
        ...

    @property
    def sites(self) -> Mapping[SiteName, Site]:
        """Both sites."""
        ...

    @property
    def lacks(self) -> Mapping[Need, str]:
        """What it cannot do, each with the reason that the report gives."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def cut(self, site: SiteName) -> None:
        """Cut a region off: its AWS, its balancer and its machines, from everything outside."""
        ...

    def heal(self, site: SiteName) -> None:
        """The region answers again."""
        ...

    def python(self, program: Sequence[str]) -> list[str]:
        """How a Python program is started here."""
        ...

    def throughput(self) -> Mapping[str, float]:
        """Rates of the archive, measured while nothing else runs; empty where they are not."""
        ...

    def about(self) -> About:
        """What it is made of."""
        ...
