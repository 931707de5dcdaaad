"""What a scenario works with: the two regions, its folder, and eyes on both databases."""

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from drill.operator.instance import wait_for
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

    def writer(self, run: str) -> Writer:
        """Traffic, not yet started; its acknowledgements go to the scenario's folder."""
        return self.twin.writer(run, self.folder)

    def ask(self, site: SiteName, sql: str, cluster: str = "") -> Any:
        """What the leading instance of a site answers; None where it does not, or cannot yet."""
        controller = self.twin.sites[site].operator.controller(
            cluster or self.twin.topology.site(site).cluster
        )
        primary = controller.primary if controller else None
        if primary is None or not primary.running:
            return None
        try:
            return primary.value(sql, self.twin.topology.database.name)
        except psycopg.Error:
            return None

    def do(self, site: SiteName, sql: str) -> None:
        """Change something on a site, as its superuser."""
        controller = self.twin.sites[site].operator.controller(
            self.twin.topology.site(site).cluster
        )
        if controller is None or controller.primary is None:
            raise LookupError(f"{site} has no database")
        controller.primary.query(sql, self.twin.topology.database.name)

    def compare(self, writer: Writer, site: SiteName, cluster: str = "") -> Comparison:
        """Compare the traffic with what a site's database holds of it."""
        controller = self.twin.sites[site].operator.controller(
            cluster or self.twin.topology.site(site).cluster
        )
        if controller is None or controller.primary is None:
            raise LookupError(f"{site} has no database")
        found = controller.primary.query(
            SELECT.replace("%s", f"'{writer.run}'"), self.twin.topology.database.name
        )
        notes = writer.acknowledgements
        return compare(writer.run, notes.sent, notes.rows, [(row[0], row[1], row[2]) for row in found])

    def newest(self, site: SiteName, run: str) -> int:
        """The highest number of a run that a site has; 0 where there is none."""
        return int(self.ask(site, f"SELECT max(number) FROM ledger WHERE run = '{run}'") or 0)

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
        self.wait(
            lambda: writer.acknowledgements.count >= count, within_seconds, f"{count} rows"
        )

    def status(self, site: SiteName) -> dict[str, Any]:
        """The status of a site's Cluster."""
        cluster = self.twin.topology.site(site).cluster
        found = self.twin.sites[site].embedded.api.get("Cluster", cluster)
        return dict(found.get("status", {})) if found else {}
