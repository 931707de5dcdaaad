"""What a scenario may do to two sites, whatever they are made of.

A ground is where scenarios are played: the embedded world of any laptop, the rig of real Kubernetes
in network namespaces, or clusters that a user brings. Scenarios know these Protocols and nothing
behind them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self, get_args

from drill.failure_modes import FailureMode
from drill.ground_site import Site
from drill.replication_mode import Mode
from topology.site import SiteName
from topology.topology import Topology

GroundName = Literal["embedded", "rig", "clusters"]
GROUNDS: tuple[GroundName, ...] = get_args(GroundName)
REFUSED_SECONDS = 6.0
"""Ten minutes of an outage of the archive, shortened; only the backlog grows with it."""
Need = Literal[
    "power of a machine",
    "failover inside a site",
    "loss of a region",
    "refused writes",
    "retention on demand",
    "processor time",
    "more than four minutes",
    "another major version",
    "replacement of a machine",
    "path between the regions",
    "commits that wait for the other region",
    "writes while DR is held",
]
"""What not every ground or configuration can do; a scenario names those that it needs."""


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
    mode: Mode
    """How WAL reaches the other site."""


class Cloud(Protocol):
    """AWS, as its administrator sees it."""

    @property
    def account(self) -> str:
        """The id of the account."""
        ...

    def run_verbs(self, system: str, command: str) -> None:
        """Let `COMMAND SITE VERB ARGUMENT...` stand for the machines, behind Run Command."""
        ...

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of a service in a region."""
        ...

    def throttle(self, bucket: str, prefix: str = "", *, seconds: float) -> None:
        """Refuse writes below a prefix with 503 SlowDown for a time; 0 seconds ends that."""
        ...


class Doors(Protocol):
    """Every service of the cloud under AWS' own name; how a region fails begins here."""

    def fail(self, region: str, mode: FailureMode) -> None:
        """Let the services of a region fail as the mode says; `WELL` ends that."""
        ...

    def environment(self, region: str) -> Mapping[str, str]:
        """The variables of the administrator, who has every right."""
        ...

    def program(self, program: Sequence[str]) -> list[str]:
        """The Python program that runs another so that AWS' names lead here."""
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

    def cut(self, site: SiteName, mode: FailureMode) -> None:
        """Cut a site off the network of the other, as far as the mode does that."""
        ...

    def heal(self, site: SiteName) -> None:
        """The network is whole again; machines are as they were."""
        ...

    def cut_path(self) -> None:
        """Let nothing pass between the two VPCs; both regions' services answer."""
        ...

    def heal_path(self) -> None:
        """Let it pass again."""
        ...

    @property
    def endpoints(self) -> Doors:
        """The doors of its AWS, for everybody outside the sites."""
        ...

    def redeploy(self) -> None:
        """As `make deploy`, with the configuration as it is now; machines hear of it when they
        apply. One that is replaced boots, blank, with the data volume of the old one.
        """
        ...

    def python(self, program: Sequence[str]) -> list[str]:
        """How a Python program is started here."""
        ...

    def in_vpc(self, site: SiteName, program: Sequence[str]) -> list[str] | None:
        """How a program is started that lives in the VPC of a site and asks its name server.

        None where a VPC has none here.
        """
        ...

    def throughput(self) -> Mapping[str, float]:
        """Rates of the archive, measured while nothing else runs; empty where they are not."""
        ...

    def about(self) -> About:
        """What it is made of."""
        ...
