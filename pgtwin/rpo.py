"""What bounds the RPO at this moment: the promise of `synchronous`, the stream, the archive, or
nothing.

What always holds: an RPO of 0 is only said where the writer's PostgreSQL has just said that commits
wait for the other region, and no note says that they may have gone on without it. Unknown is not
synchronous. `stream` is only said of a replica that said itself, just now, that it streams and is
close behind the writer. Unknown counts as the archive. A replica that does not follow has no bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pgtwin.site_state import SiteState
from pgtwin.wal_position import position
from topology.topology import Replication

Bound = Literal["synchronous", "stream", "archive", "nothing"]
Commits = Literal["kept", "waits", "degraded", "held", "unknown"]
WHEN_COMMITS_WAIT = "When commits wait"
"""The part of docs/replication.md."""
_SAID: dict[Commits, str] = {
    "kept": "",
    "waits": "the other region is not heard or has not all yet, and commits should be waiting for "
    "it",
    "degraded": "commits may go on without the other region",
    "held": "the other region lacks as much as rpo allows, and commits should be waiting for it",
    "unknown": "synchronous is configured, and it is unknown whether commits wait for the other "
    "region",
}
_THEN: dict[Commits | None, str] = {
    None: "read: docs/runbooks/stream-missing.md",
    "waits": f"read: docs/replication.md, {WHEN_COMMITS_WAIT!r}",
    "degraded": "read: docs/runbooks/degraded-replication.md",
    "held": f"read: docs/replication.md, {WHEN_COMMITS_WAIT!r}",
    "unknown": "read: docs/replication.md, 'What status says'",
}
"""The page on each; None in every other mode."""


@dataclass(frozen=True, kw_only=True)
class Rpo:
    """What bounds it, and whether that is less than what was configured."""

    bounded_by: Bound
    degraded: bool
    """The configuration asks for the stream, and the replica does not stream; or for commits that
    wait for the other region, and it is not known that they do."""
    commits: Commits | None = None
    """With `synchronous` whether commits wait for the other region, as the writer's PostgreSQL
    said; None in every other mode."""
    since: str | None = None
    """When a degraded one last streamed, UTC by ISO 8601, to a minute; with `synchronous` since
    when commits may go on without the other region. None if nobody has seen that."""
    until: str | None = None
    """With `synchronous`, when a degraded one holds commits again, UTC by ISO 8601; None where
    nothing does."""
    behind_bytes: int | None = None
    """From the WAL positions of both sites, which were read some seconds apart; None where one is
    not known."""

    @property
    def degradation(self) -> str:
        """The sentence for a degraded one, and what to read; empty for any other."""
        return f"{self._what()} - {_THEN[self.commits]}" if self.degraded else ""

    def _what(self) -> str:
        behind = "" if self.behind_bytes is None else f", {self.behind_bytes} bytes behind"
        if self.commits is not None:
            since = f" since {self.since}" if self.since else ""
            return f"{_SAID[self.commits]}{since}{f', until {self.until}' if self.until else ''}"
        how = f"has not streamed since {self.since}" if self.since else "does not stream"
        return f"streaming is configured, but the replica {how}{behind}"


def rpo(
    configured: Replication,
    standby: SiteState | None,
    *,
    other_region: Mapping[str, Any] | None = None,
    writer_lsn: str | None = None,
    standby_lsn: str | None = None,
) -> Rpo:
    """Judge the site that follows; None where it does not answer.

    `other_region` is the part of that name in the writer's status document.
    """
    bounded_by: Bound = "nothing"
    if standby is not None and standby.following:
        bounded_by = "stream" if standby.streams else "archive"
    behind = behind_bytes(writer_lsn, standby_lsn)
    if configured == "synchronous":
        return _promised(other_region or {}, standby, bounded_by, behind)
    degraded = configured == "streaming" and bounded_by != "stream"
    return Rpo(
        bounded_by=bounded_by,
        degraded=degraded,
        since=standby.streamed_at if standby is not None and degraded else None,
        behind_bytes=behind,
    )


def _promised(
    other_region: Mapping[str, Any],
    standby: SiteState | None,
    otherwise: Bound,
    behind: int | None,
) -> Rpo:
    """The promise where it is kept, else what bounds a stream that nobody waits for.

    What the other region has on its disk stays there whether it answers now or not. One that says
    that it does not follow has not the history that the writer thinks.
    """
    commits, since = _commits(other_region), other_region.get("degraded_since")
    is_kept = commits == "kept" and (standby is None or standby.following)
    return Rpo(
        bounded_by="synchronous" if is_kept else otherwise,
        degraded=commits != "kept",
        commits=commits,
        since=since if commits in ("degraded", "held") else None,
        until=other_region.get("until") if commits == "degraded" else None,
        behind_bytes=behind,
    )


def _commits(other_region: Mapping[str, Any]) -> Commits:
    """A note counts whatever else is said; what this program does not know is unknown."""
    now = other_region.get("now")
    if other_region.get("degraded_since") is not None:
        return "held" if now == "held" else "degraded"
    for known in _SAID:
        if known == now:
            return known
    return "unknown"


def behind_bytes(writer_lsn: str | None, standby_lsn: str | None) -> int | None:
    """How much WAL the standby lacks; never negative, as the writer may have been asked first."""
    if writer_lsn is None or standby_lsn is None:
        return None
    return max(0, position(writer_lsn) - position(standby_lsn))
