"""What bounds the RPO at this moment: the stream, the archive, or nothing.

What always holds: `stream` is only said of a replica that said itself, just now, that it streams
and is close behind the writer. Unknown counts as the archive. A replica that does not follow has no
bound.
"""

from dataclasses import dataclass
from typing import Literal

from pgtwin.site_state import SiteState
from pgtwin.wal_position import position
from topology.topology import Replication

Bound = Literal["stream", "archive", "nothing"]


@dataclass(frozen=True, kw_only=True)
class Rpo:
    """What bounds it, and whether that is less than what was configured."""

    bounded_by: Bound
    degraded: bool
    """The configuration asks for the stream, and the replica does not stream."""
    since: str | None = None
    """When a degraded one last streamed, UTC by ISO 8601, to a minute; None if never seen."""
    behind_bytes: int | None = None
    """From the WAL positions of both sites, which were read some seconds apart; None where one is
    not known."""

    @property
    def degradation(self) -> str:
        """The sentence for a degraded one; empty for any other."""
        if not self.degraded:
            return ""
        how = f"has not streamed since {self.since}" if self.since else "does not stream"
        behind = "" if self.behind_bytes is None else f", {self.behind_bytes} bytes behind"
        return f"streaming is configured, but the replica {how}{behind}"


def rpo(
    configured: Replication,
    standby: SiteState | None,
    *,
    writer_lsn: str | None = None,
    standby_lsn: str | None = None,
) -> Rpo:
    """Judge the site that follows; None where it does not answer."""
    bounded_by: Bound = "nothing"
    if standby is not None and standby.following:
        bounded_by = "stream" if standby.streams else "archive"
    degraded = configured != "archive" and bounded_by != "stream"
    return Rpo(
        bounded_by=bounded_by,
        degraded=degraded,
        since=standby.streamed_at if standby is not None and degraded else None,
        behind_bytes=behind_bytes(writer_lsn, standby_lsn),
    )


def behind_bytes(writer_lsn: str | None, standby_lsn: str | None) -> int | None:
    """How much WAL the standby lacks; never negative, as the writer may have been asked first."""
    if writer_lsn is None or standby_lsn is None:
        return None
    return max(0, position(writer_lsn) - position(standby_lsn))
