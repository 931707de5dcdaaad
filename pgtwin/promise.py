"""Which promise on the loss of the writer's region holds at this moment.

What always holds: `stream` is never said of a replica that did not say itself, just now, that it
streams and is close behind the writer. What is not known counts as the archive, and what does
not follow promises nothing.
"""

from dataclasses import dataclass
from typing import Literal

from pgtwin.site_state import SiteState
from topology.topology import Replication

Keeper = Literal["stream", "archive", "nothing"]


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What keeps the promise, and whether that is less than what was configured."""

    kept_by: Keeper
    degraded: bool
    since: str | None = None
    """When a degraded one was last whole, UTC by ISO 8601, to a minute; None if never seen."""
    behind_bytes: int | None = None
    """From the WAL positions of both sites, which were read some seconds apart; None where one is
    not known."""

    def __str__(self) -> str:
        behind = "" if self.behind_bytes is None else f", {self.behind_bytes} bytes behind"
        since = f" since {self.since}" if self.since else ""
        degraded = f"; degraded{since}: streaming is configured" if self.degraded else ""
        by = "nothing" if self.kept_by == "nothing" else f"the {self.kept_by}"
        return f"the promise is kept by {by}{behind}{degraded}"


def promise(
    configured: Replication,
    standby: SiteState | None,
    *,
    writer_lsn: str | None = None,
    standby_lsn: str | None = None,
) -> Promise:
    """Judge the site that follows; None where it does not answer."""
    kept_by: Keeper = "nothing"
    if standby is not None and standby.following:
        kept_by = "stream" if standby.streams else "archive"
    degraded = configured == "streaming" and kept_by != "stream"
    return Promise(
        kept_by=kept_by,
        degraded=degraded,
        since=standby.streamed_at if standby is not None and degraded else None,
        behind_bytes=behind_bytes(writer_lsn, standby_lsn),
    )


def behind_bytes(writer_lsn: str | None, standby_lsn: str | None) -> int | None:
    """How much WAL the standby lacks; never negative, as the writer may have been asked first."""
    if writer_lsn is None or standby_lsn is None:
        return None
    return max(0, _position(writer_lsn) - _position(standby_lsn))


def _position(lsn: str) -> int:
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)
