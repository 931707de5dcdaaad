"""What a scenario works with: the two regions, its folder, and eyes on both databases."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drill.ground_site import NoAnswer, Ran
from drill.scenarios.bucket import Bucket
from drill.traffic.ledger import SELECT
from drill.traffic.verifier import Comparison, verify
from drill.traffic.writer import Traffic, Writer
from drill.twin import Twin
from drill.waiting import wait_for
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

    def ask(self, site: SiteName, sql: str, *values: str) -> Any:
        """What the leading instance of a site answers; None where it does not, or cannot yet."""
        try:
            rows = self.twin.sites[site].databases.rows(sql, *values)
        except NoAnswer:
            return None
        return rows[0][0] if rows else None

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
        return float(self.ask("dr", _RETRY_SECONDS))

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
        """
        ran = self.twin.sites[site].run_verb(arguments)
        if ran is None:
            raise NoAnswer(f"{site} does not answer")
        return ran

    def postgres_status(self, site: SiteName) -> dict[str, Any]:
        """What the host program's status says about PostgreSQL; its metrics are made from it."""
        return dict(json.loads(self.verb(site, "status").stdout)["postgres"])

    def backs_up(self, site: SiteName) -> bool:
        """Whether a base backup of a site is under way; a switchover is refused until its end."""
        over = ("completed", "failed")
        backups = self.twin.sites[site].objects.list("Backup")
        return any(backup.get("status", {}).get("phase") not in over for backup in backups)

    def has_backup(self, site: SiteName) -> bool:
        """Whether a base backup of a site is finished: a restore can begin there."""
        backups = self.twin.sites[site].objects.list("Backup")
        return any(backup.get("status", {}).get("phase") == "completed" for backup in backups)

    def fenced(self, site: SiteName) -> bool:
        """Whether PostgreSQL of a site is kept from running."""
        cluster = self.cluster(site)
        fences = cluster.get("metadata", {}).get("annotations", {}).get(FENCES, "")
        return "*" in fences and not cluster.get("status", {}).get("readyInstances")

    def said(self, words: str) -> list[str]:
        """The lines of `pgtwin` that hold these words."""
        log = self.twin.work / "pgtwin.log"
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        return [line for line in text.splitlines() if words in line]

    def cluster(self, site: SiteName) -> dict[str, Any]:
        """A site's Cluster; empty where it is not there, or its API does not answer."""
        cluster = self.twin.topology.site(site).cluster
        return self.twin.sites[site].objects.get("Cluster", cluster) or {}

    def status(self, site: SiteName) -> dict[str, Any]:
        """The status of a site's Cluster."""
        return dict(self.cluster(site).get("status", {}))
