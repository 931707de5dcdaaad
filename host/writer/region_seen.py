"""What one round of the guard saw of the other region: the Cluster first, then PostgreSQL."""

from dataclasses import dataclass

_WAITED_FOR = ("sync", "quorum")


@dataclass(frozen=True, kw_only=True)
class Region:
    """The other region's row in `pg_stat_replication`."""

    streaming: bool
    sync_state: str
    flushed: int
    """Where the WAL on its disk ends. One that has not told yet is no row: PostgreSQL calls it
    `async` until then (walsender.c, pg_stat_get_wal_senders)."""
    connections: int = 1
    """How many there are under its name."""

    @property
    def is_off_the_list(self) -> bool:
        """Whether commits go on without it, by PostgreSQL's own word."""
        return self.streaming and self.sync_state == "async"

    @property
    def is_waited_for(self) -> bool:
        """Whether commits wait for it, by PostgreSQL's own word, and for nobody in its place."""
        return self.streaming and self.sync_state in _WAITED_FOR and self.connections == 1


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the leading instance said in one answer."""

    written: int
    """Where the WAL on its own disk ends: every commit that was acknowledged is before that."""
    region: Region | None
    """None where nothing is received from there."""
    at_rest: bool = False
    """Whether the checkpointer has read all that changed before it went to rest. Looked at before
    `written`; False where that is unknown."""

    def acknowledges(self, before: "Look | None") -> bool:
        """Whether the region moved on since that look, or has all that was written then."""
        region = self.region
        if region is None or not region.streaming:
            return False
        if before is None:
            return region.flushed >= self.written
        moved = before.region is not None and region.flushed > before.region.flushed
        return moved or region.flushed >= before.written

    def is_complete(self, before: "Look") -> bool:
        """Whether the region, on its only connection, has all that was written at that look."""
        region = self.region
        if region is None or not region.streaming or region.connections > 1:
            return False
        return region.flushed >= before.written


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One round: the Cluster first, then PostgreSQL."""

    at: float
    """By a clock that is never set."""
    list_id: str
    """Another one whenever the list may have been changed, or another instance leads."""
    is_named: bool
    """Whether the list that the Cluster asks for has the other region."""
    degraded_since: str | None
    """The note on the Cluster."""
    covered_seconds: float | None
    """How long ago that was until which the other region had every commit, as noted by the guard
    that let go; None where none did."""
    look: Look | None
    """None where nobody answered: unknown."""

    @property
    def is_off(self) -> bool:
        """Whether commits may go on without the region, or with one connection of two."""
        region = self.look.region if self.look else None
        return not self.is_named or (
            region is not None and (region.is_off_the_list or region.connections > 1)
        )

    @property
    def is_in_force(self) -> bool:
        """Whether all that is acknowledged is in the other region: the list says so, and nobody
        noted anything else.
        """
        return self.degraded_since is None and self.look is not None and not self.is_off
