"""Applications that keep a pool, while the writer moves: when each of them writes again.

They are started once, with the strings that `pgtwin connect` prints and the settings of
docs/connect.md, and never again. Each has to find the new writer by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from drill.scenarios.gap import longest_gap
from drill.scenarios.stage import Stage
from drill.traffic.pooled.application import Application
from drill.traffic.pooled.catalogue import missing, pools
from drill.traffic.pooled.pooled_writer import PooledWriter
from topology.site import SITES, SiteName

START_SECONDS = 60.0
RETURN_SECONDS = 60.0
"""After the first write of an application that opens a connection for each try."""


@dataclass(frozen=True, kw_only=True)
class Applications:
    """Those that write; none where `why_none` says why."""

    stage: Stage
    writers: Sequence[PooledWriter]
    why_none: str = ""

    def await_writes(self, site: SiteName, *, since: float) -> Mapping[str, float]:
        """Wait until each writes to a site; the longest pause of each, in seconds.

        Raises:
            TimeoutError: when one does not; the message names it and the last thing that it saw.
        """
        pauses = {}
        for writer in self.writers:
            try:
                self.stage.wait(partial(_writes, writer, site), RETURN_SECONDS, "")
            except TimeoutError as error:
                name, saw = writer.application.name, writer.last_failure or "nothing wrong"
                raise TimeoutError(
                    f"{name} did not write to {site} in {RETURN_SECONDS:g} s; it saw {saw}"
                ) from error
            pause = longest_gap(writer.acknowledgements.rows, since=since)
            pauses[writer.application.name] = round(pause, 1)
        return pauses

    def lost(self, site: SiteName) -> int:
        """How many rows that one of them was promised a site does not have."""
        return sum(len(self.stage.compare(each, site).lost) for each in self.writers)


@contextmanager
def applications(stage: Stage, home: SiteName) -> Iterator[Applications]:
    """Start every pool in the VPC of a site; each has written a row when this begins.

    The alias leads to the writer in the writer's own VPC from the start, and in the other one from
    the first change of the writer on: before, no pool there goes by it.
    """
    twin = stage.twin
    reason = "" if twin.ground.in_vpc(home, []) else "not tried: no name server of a VPC here"
    reason = reason or missing()
    if reason:
        yield Applications(stage=stage, writers=(), why_none=reason)
        return
    printed = twin.pgtwin("connect", "--print")
    password = twin.password(twin.topology.database.owner)
    by_alias = printed["uri"] if twin.alias.seen_from(home) == twin.topology.writer else None
    sites = {twin.topology.site(name).cluster: name for name in SITES}
    with ExitStack() as stack:
        writers = []
        for pool in pools(by_alias, printed["both_sites_uri"], password):
            inside = replace(pool, argv=twin.ground.in_vpc(home, pool.argv) or ())
            application = Application(inside, stage.folder)
            stack.callback(application.close)
            writer = PooledWriter(
                run=twin.next_run(), application=application, sites=sites, folder=stage.folder
            )
            writers.append(stack.enter_context(writer))
        for writer in writers:
            what = f"{writer.application.name} to write"
            stage.wait(partial(_has_written, writer), START_SECONDS, what)
        yield Applications(stage=stage, writers=writers)


def _has_written(writer: PooledWriter) -> bool:
    return writer.acknowledgements.count > 0


def _writes(writer: PooledWriter, site: SiteName) -> bool:
    rows = writer.acknowledgements.rows
    return bool(rows) and rows[-1].by == site
