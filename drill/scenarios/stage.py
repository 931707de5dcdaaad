"""What a scenario works with: the two regions, its folder, and eyes on both databases.

What a scenario expects something of, it asks for with a method that raises where nothing answers:
an answer that did not come in time is late, and only one that came can break a promise.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drill.ground_site import NoAnswer, Ran
from drill.scenarios.bucket import Bucket
from drill.traffic.ledger import SELECT
from drill.traffic.verifier import Comparison, verify
from drill.traffic.writer import Traffic, Writer
from drill.twin import Twin
from drill.waiting import wait_for
from host.errors import Locked, TimedOut
from host.kubernetes import backups
from topology.names import PHYSICAL_PREFIXES
from topology.site import SiteName

FENCES = "cnpg.io/fencedInstances"
"""The annotation by which CloudNativePG is told which instances to fence: a JSON list of names."""
_RETRY_SECONDS = """
SELECT setting::float / 1000 FROM pg_settings WHERE name = 'wal_retrieve_retry_interval'
"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One scenario's view of the drill."""

    twin: Twin
    folder: Path
    tell: Callable[[str], None]
    writers: list[Writer] = field(default_factory=list)
    """Of this scenario so far."""

    def writer(self) -> Writer:
        """Traffic, not yet started; its acknowledgements go to the scenario's folder."""
        self.writers.append(self.twin.writer(self.folder))
        return self.writers[-1]

    def answer(self, site: SiteName, sql: str, *values: str) -> Any:
        """What the leading instance of a site answers to a query of one value.

        Raises:
            NoAnswer: when it does not.
        """
        rows = self.twin.sites[site].databases.rows(sql, *values)
        return rows[0][0] if rows else None

    def ask(self, site: SiteName, sql: str, *values: str) -> Any:
        """The same while something is awaited; None where it does not answer, or cannot yet."""
        with suppress(NoAnswer):
            return self.answer(site, sql, *values)
        return None

    def do(self, site: SiteName, sql: str, *values: str) -> None:
        """Change something on a site, as its superuser.

        Raises:
            NoAnswer: when its database does not answer.
        """
        self.twin.sites[site].databases.run(sql, *values)

    def compare(self, writer: Traffic, site: SiteName, cluster: str = "") -> Comparison:
        """Compare the traffic with what a site's database holds of it.

        Raises:
            NoAnswer: when its database does not answer.
        """
        databases = self.twin.sites[site].databases
        return verify(
            writer.run,
            writer.acknowledgements,
            lambda: [
                (row[0], row[1], row[2])
                for row in databases.rows(SELECT, writer.run, cluster=cluster)
            ],
        )

    def newest(self, site: SiteName, writer: Writer) -> int:
        """The highest number of a writer's rows that a site has; 0 where there is none."""
        newest = self.ask(site, "SELECT max(number) FROM ledger WHERE run = %s", writer.run)
        return int(newest or 0)

    @contextmanager
    def restored(self, site: SiteName, at: datetime, into: str) -> Iterator[float]:
        """A site as of a moment, in the Cluster `into`, which is deleted at the end; how many
        seconds that took.
        """
        objects, began = self.twin.sites[site].objects, time.monotonic()
        moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        try:
            self.twin.pgtwin("restore", "--at", moment, "--into", into, "--site", site)
            yield round(time.monotonic() - began, 1)
        finally:
            if objects.get("Cluster", into):
                objects.delete("Cluster", into)

    def wait(self, condition: Callable[[], Any], within_seconds: float, what: str) -> float:
        """Wait until it holds; how many seconds that took.

        Raises:
            TimeoutError: when it does not in time.
        """
        began = time.monotonic()
        wait_for(lambda: bool(condition()), within_seconds, what)
        return time.monotonic() - began

    def wait_for_rows(self, writer: Writer, count: int, within_seconds: float = 30) -> None:
        """Wait until this many rows were acknowledged."""
        self.wait(lambda: writer.acknowledgements.count >= count, within_seconds, f"{count} rows")

    def retry_seconds(self) -> float:
        """How often a replica that has replayed everything looks for the next segment."""
        return float(self.answer("dr", _RETRY_SECONDS))

    def server_name(self, site: SiteName) -> str:
        """Where in its archive a site writes, as the record of the writer says."""
        names = self.twin.record().get("server_names", {})
        return str(names.get(site, self.twin.topology.site(site).cluster))

    def archive(self, site: SiteName) -> str:
        """The prefix of a site's archive in its bucket."""
        return f"{PHYSICAL_PREFIXES[site]}/{self.server_name(site)}"

    def bucket(self, site: SiteName) -> Bucket:
        """The backup bucket of a site."""
        topology, cloud = self.twin.topology, self.twin.ground.cloud
        return Bucket(
            name=topology.names.bucket(topology.site(site).bucket, cloud.account),
            region=topology.site(site).region,
            cloud=cloud,
        )

    def verb(self, site: SiteName, *arguments: str) -> Ran:
        """Run the host program on a site.

        Raises:
            NoAnswer: when the site cannot be reached.
            TimeoutError: when the verb timed out, or another run held the lock for too long.
        """
        ran = self.twin.sites[site].run_verb(arguments)
        if ran is None:
            raise NoAnswer(f"{site} does not answer")
        if ran.exit_code in (TimedOut.exit_code, Locked.exit_code):
            raise TimeoutError(f"{site}, {arguments[0]}: {ran.stderr.strip()[-500:]}")
        return ran

    def host_status(self, site: SiteName, part: str, *options: str) -> dict[str, Any]:
        """A part of what the host program's status says, such as `postgres`.

        Raises:
            NoAnswer: when that part could not be read.
            TimeoutError: as for `verb`.
        """
        document = json.loads(self.verb(site, "status", *options).stdout)
        if not document.get(part):
            raise NoAnswer(f"{site}'s status has no {part}: {document.get('errors')}")
        return dict(document[part])

    def backs_up(self, site: SiteName) -> bool:
        """Whether a base backup of a site is under way; a switchover is refused until its end."""
        found = self.twin.sites[site].objects.list("Backup")
        return not all(backups.is_over(backup) for backup in found)

    def has_backup(self, site: SiteName) -> bool:
        """Whether a base backup of a site is finished: a restore can begin there."""
        found = self.twin.sites[site].objects.list("Backup")
        return any(backups.phase(backup) == "completed" for backup in found)

    def fenced(self, site: SiteName) -> bool:
        """Whether PostgreSQL of a site is kept from running."""
        cluster = self.cluster(site)
        fences = cluster.get("metadata", {}).get("annotations", {}).get(FENCES, "")
        return "*" in fences and not cluster.get("status", {}).get("readyInstances")

    def said_by(self, command: str) -> list[str]:
        """The lines that the last run of a command of `pgtwin` printed."""
        text = (self.twin.work / "pgtwin.log").read_text(encoding="utf-8")
        _, found, rest = text.rpartition(f"$ pgtwin {command}")
        printed, _, _ = rest.partition("\n$ pgtwin ")
        return printed.splitlines()[1:] if found else []

    def cluster(self, site: SiteName) -> dict[str, Any]:
        """A site's Cluster; empty where it is not there, or its API does not answer."""
        cluster = self.twin.topology.site(site).cluster
        return self.twin.sites[site].objects.get("Cluster", cluster) or {}

    def status(self, site: SiteName) -> dict[str, Any]:
        """The status of a site's Cluster; empty as for `cluster`."""
        return dict(self.cluster(site).get("status", {}))

    def spec(self, site: SiteName) -> dict[str, Any]:
        """What a site's Cluster asks for.

        Raises:
            NoAnswer: when it is not there, or its API does not answer.
        """
        if not (cluster := self.cluster(site)):
            raise NoAnswer(f"no Cluster of {site} is seen")
        return dict(cluster["spec"])

    def leader(self, site: SiteName) -> str:
        """The instance that leads a site's Cluster.

        Raises:
            NoAnswer: when none is seen to.
        """
        if not (leader := self.status(site).get("currentPrimary")):
            raise NoAnswer(f"no instance of {site} is seen to lead")
        return str(leader)
