"""One site as a scenario sees it: its machines, its Kubernetes API, its database.

Addresses are reachable from the drill's own process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from topology.site import SiteName


class NoAnswer(Exception):  # noqa: N818 (what happened)
    """What was asked does not answer: no power, no network, or nothing that is ready."""


class StatementRefused(NoAnswer):
    """A database refused a statement for what it says, such as a table that is not there.

    It did answer: more time would not have helped.
    """


TOOK_TOO_LONG = 124
"""The exit code of a command that was not waited for any longer, as of timeout(1)."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A finished command on a machine."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Address:
    """A load balancer's address."""

    host: str
    port: int


class Objects(Protocol):
    """Kubernetes objects as plain dicts, in the database's namespace unless another is named.

    Kinds are named as for kubectl.
    """

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """One object; None where it is not there, or the API does not answer."""
        ...

    def list(self, kind: str, namespace: str = ...) -> Sequence[dict[str, Any]]:
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
            NoAnswer: when nothing answers.
            StatementRefused: when what answers refuses the query for what it says.
        """
        ...

    def run(self, sql: str, *values: str) -> None:
        """Change something.

        Raises:
            NoAnswer: when nothing answers.
            StatementRefused: when what answers refuses the statement for what it says.
        """
        ...

    def client(self) -> Mapping[str, str]:
        """Variables for a person at this machine: PostgreSQL's tools, and where the writer is.

        Whose user is to be added. The tools read a dump of the site.

        Raises:
            NoAnswer: when no instance leads.
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
