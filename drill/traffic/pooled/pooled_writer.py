"""Rows through the pool of an application that is never restarted."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from drill.traffic.ledger import Row
from drill.traffic.pooled.application import Application
from drill.traffic.writer import Send, Traffic
from topology.site import SiteName


class PooledWriter(Traffic):
    """`sites` tells the site of a Cluster; the session is the same one for as long as it writes."""

    pause_seconds = 0.5

    def __init__(
        self, *, run: str, application: Application, sites: Mapping[str, SiteName], folder: Path
    ) -> None:
        super().__init__(run=run, folder=folder)
        self.application = application
        self._sites = sites

    @contextmanager
    def session(self) -> Iterator[Send]:
        """The application, whatever it has been through."""

        def send(row: Row) -> SiteName:
            return self._sites[self.application.send(row)]

        yield send
