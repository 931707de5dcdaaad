"""What a scenario works with: the two regions, its folder, and eyes on both databases."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from drill.ground import Ran
from drill.operator.waiting import wait_for
from drill.traffic.ledger import SELECT
from drill.traffic.verifier import Comparison, compare
from drill.traffic.writer import Writer
from drill.twin import Twin
from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One scenario's view of the drill."""

    twin: Twin
    folder: Path
    tell: Callable[[str], None]

    def writer(self) -> Writer:
        """Traffic, not yet started; its acknowledgements go to the scenario's folder."""
        return self.twin.writer(self.folder)

    def ask(self, site: SiteName, sql: str, *values: str) -> Any:
        """What the leading instance of a site answers; None where it does not, or cannot yet."""
        controller = self.twin.sites[site].operator.controller(
            self.twin.topology.site(site).cluster
        )
        primary = controller.primary if controller else None
        if primary is None or not primary.running:
            return None
        try:
            return primary.value(sql, self.twin.topology.database.name, values)
        except psycopg.Error:
            return None

    def do(self, site: SiteName, sql: str, *values: str) -> None:
        """Change something on a site, as its superuser."""
        controller = self.twin.sites[site].operator.controller(
            self.twin.topology.site(site).cluster
        )
        if controller is None or controller.primary is None:
            raise LookupError(f"{site} has no database")
        controller.primary.query(sql, self.twin.topology.database.name, values)

    def compare(self, writer: Writer, site: SiteName, cluster: str = "") -> Comparison:
        """Compare the traffic with what a site's database holds of it."""
        controller = self.twin.sites[site].operator.controller(
            cluster or self.twin.topology.site(site).cluster
        )
        if controller is None or controller.primary is None:
            raise LookupError(f"{site} has no database")
        database = self.twin.topology.database.name
        found = controller.primary.query(SELECT, database, (writer.run,))
        notes = writer.acknowledgements
        return compare(
            writer.run, notes.sent, notes.rows, [(row[0], row[1], row[2]) for row in found]
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

    def server_name(self, site: SiteName) -> str:
        """Where in its archive a site's Cluster is told to be."""
        cluster = self.twin.topology.site(site).cluster
        found = self.twin.sites[site].embedded.api.get("Cluster", cluster) or {}
        plugins = found.get("spec", {}).get("plugins", [])
        return str(plugins[0]["parameters"]["serverName"]) if plugins else cluster

    def s3(self, site: SiteName) -> Any:
        """The administrator's S3 client of a site's region."""
        return self.twin.aws.client("s3", self.twin.topology.site(site).region)

    def keys(self, site: SiteName, prefix: str) -> list[str]:
        """The keys in a site's bucket below a prefix."""
        pages = (
            self.s3(site)
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.twin.bucket(site), Prefix=prefix)
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def verb(self, site: SiteName, *arguments: str) -> Ran:
        """Run the host program on a site.

        Raises:
            LookupError: when the site cannot be reached.
        """
        ran = self.twin.run_verb(site, arguments)
        if ran is None:
            raise LookupError(f"{site} does not answer")
        return ran

    def postgres_status(self, site: SiteName) -> dict[str, Any]:
        """What the host program's status says about PostgreSQL; its metrics are made from it."""
        return dict(json.loads(self.verb(site, "status").stdout)["postgres"])

    def backs_up(self, site: SiteName) -> bool:
        """Whether a base backup of a site is under way; a switchover is refused until its end."""
        over = ("completed", "failed")
        backups = self.twin.sites[site].embedded.api.list("Backup")
        return any(backup.get("status", {}).get("phase") not in over for backup in backups)

    def has_backup(self, site: SiteName) -> bool:
        """Whether a base backup of a site is finished: a restore can begin there."""
        backups = self.twin.sites[site].embedded.api.list("Backup")
        return any(backup.get("status", {}).get("phase") == "completed" for backup in backups)

    def fenced(self, site: SiteName) -> bool:
        """Whether PostgreSQL of a site is kept from running."""
        status = self.status(site)
        return status.get("phase") == "Cluster is fenced" and not status.get("readyInstances")

    def said(self, words: str) -> list[str]:
        """The lines of `pgtwin` that hold these words."""
        log = self.twin.work / "pgtwin.log"
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        return [line for line in text.splitlines() if words in line]

    def status(self, site: SiteName) -> dict[str, Any]:
        """The status of a site's Cluster."""
        cluster = self.twin.topology.site(site).cluster
        found = self.twin.sites[site].embedded.api.get("Cluster", cluster)
        return dict(found.get("status", {})) if found else {}
