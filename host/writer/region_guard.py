"""Whether commits wait for the other region: a pure decision, repeated at every look.

`replication: synchronous` promises that a commit returns when the other region has it on its disk.
`rpo: 0` waits for that for ever. `rpo: 30s` lets commits go on without it once the region has
acknowledged nothing for 30 s.

What always holds:

* Degraded since is written down on the Cluster before the region leaves the list, and is taken back
  only after that was proved again: whenever a commit may be acknowledged without the other region,
  the note is there. A region that is found off the list without a note is noted at once, whoever
  took it off.
* Commits are let go only by what was seen. A look that nobody answered is no silence: it lets
  nobody go, puts nobody back, and proves nothing. A guard that has just started has seen no silence
  yet, and of the time between two looks it counts `SEEN_SECONDS` at most: it rather lets go later
  than promised.
* `rpo: 0` never lets go. What else takes the region off the list is a change of the writer, which a
  person asked for, and it writes the note in the same patch.
* The region is put back once it streams and had all of what was written one look before, without a
  break for as long as the promise waits: a path that flaps would make clients wait that each time.
* A region that is on the list again is proved by looks that follow each other: PostgreSQL itself
  says `sync`, then, later than its processes take to read the list, its checkpointer is seen at
  rest, and then the region has on its disk what was written by that look. WAL is in sequence, so
  all that was acknowledged before is there too. All of these are of one list: another server's
  guard may have taken the region off and put it back while this one could not look.
* Of two connections of the region, as while it changes its own leading instance, one may have what
  the other has not, and the local standby may have neither. While there are two nothing is proved,
  the note is written, and nobody is told an RPO of 0.
* PostgreSQL's own `sync_state` counts, never what the Cluster asks for. Where that says without a
  note that commits go on, the note is written.

What counts as acknowledged is the region's flush position: what is only written there is lost with
its machine, and what is replayed later is safe already. An instance that is promoted within the
site has the list already: its manager writes the settings of the very Cluster that names it the
primary before it promotes (cloudnative-pg v1.30.0
internal/management/controller/instance_controller.go).
"""

from dataclasses import dataclass, replace
from typing import Literal

RELOADED_SECONDS = 2.0
"""Until every process of PostgreSQL goes by a changed list. `sync_state` is told by a process that
has read it already, while a WAL sender may still let commits go by the old one (PostgreSQL's
walsender.c, WalSndLoop, and syncrep.c, SyncRepReleaseWaiters); a sender that is not stuck reads it
at once, and one that is stuck lets nobody go. Sessions that waited for nobody before go by what the
checkpointer has read, and that may wait for the disk for longer: so it has to be seen at rest
(`host/writer/region_look.py`)."""
SEEN_SECONDS = 15.0
"""How much of the time between two looks counts as seen: a round that takes as long as it may. The
region may have answered and fallen silent again in what is longer."""
_WAITED_FOR = ("sync", "quorum")
Now = Literal["kept", "waits", "degraded"]


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What the configuration says."""

    wait_seconds: float | None
    """How long commits wait for a silent region; None for ever."""

    def is_over(self, silent_seconds: float) -> bool:
        """Whether commits have waited as long as they should."""
        return self.wait_seconds is not None and silent_seconds >= self.wait_seconds

    @property
    def steady_seconds(self) -> float:
        """How long a region has to acknowledge without a break before commits wait for it."""
        return self.wait_seconds or 0.0


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
    look: Look | None
    """None where nobody answered: unknown."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the guard remembers of its looks; each moment is the first look of an unbroken run."""

    last: Look | None = None
    """The newest that was answered."""
    last_at: float | None = None
    """When that was."""
    list_id: str | None = None
    """Of which list the newest was."""
    silent_since: float | None = None
    """Since when nothing was acknowledged; later by what was not seen of that time."""
    steady_since: float | None = None
    """Since when all that was written arrived before the next look."""
    sync_since: float | None = None
    """Since when PostgreSQL says that commits wait for the region."""
    obeyed: bool = False
    """Whether every process was seen to go by that, at the newest look or before."""

    def after(self, seen: Seen) -> "Memory":
        """The memory with one more round."""
        look = seen.look
        if look is None:
            return replace(self, steady_since=None, sync_since=None, obeyed=False)
        same_list, unseen = seen.list_id == self.list_id, self._unseen_seconds(seen.at)
        silent = None if self.silent_since is None else self.silent_since + unseen
        steady = self.last is not None and not unseen and look.is_complete(self.last)
        in_list = seen.is_named and look.region is not None and look.region.is_waited_for
        sync_since = _since(self.sync_since if same_list else None, seen.at, in_list)
        reloaded = sync_since is not None and seen.at - sync_since >= RELOADED_SECONDS
        obeyed = self.obeyed and same_list
        return Memory(
            last=look,
            last_at=seen.at,
            list_id=seen.list_id,
            silent_since=_since(silent, seen.at, not look.acknowledges(self.last)),
            steady_since=_since(self.steady_since, seen.at, steady),
            sync_since=sync_since,
            obeyed=in_list and (obeyed or (reloaded and look.at_rest)),
        )

    def _unseen_seconds(self, at: float) -> float:
        return 0.0 if self.last_at is None else max(0.0, at - self.last_at - SEEN_SECONDS)


def _since(before: float | None, at: float, goes_on: bool) -> float | None:
    if not goes_on:
        return None
    return at if before is None else before


Step = Literal["hold", "write down", "let go", "put back", "clear"]
"""`write down` and `clear` are about the note, `let go` and `put back` about the list."""


def next_step(promise: Promise, before: Memory, seen: Seen) -> Step:
    """What to do now, one patch of the Cluster at most; then look again.

    `before` is the memory of the rounds before this one.
    """
    if seen.look is None:
        return "hold"
    now = before.after(seen)
    if seen.degraded_since is None and _is_off(seen.is_named, seen.look):
        return "write down"
    if not seen.is_named:
        return "put back" if _is_steady(promise, now, seen.at) else "hold"
    if now.silent_since is not None and promise.is_over(seen.at - now.silent_since):
        return "write down" if seen.degraded_since is None else "let go"
    if seen.degraded_since is not None and _is_proved(before, now):
        return "clear"
    return "hold"


def _is_off(is_named: bool, look: Look) -> bool:
    region = look.region
    return not is_named or (
        region is not None and (region.is_off_the_list or region.connections > 1)
    )


def _is_steady(promise: Promise, now: Memory, at: float) -> bool:
    return now.steady_since is not None and at - now.steady_since >= promise.steady_seconds


def _is_proved(before: Memory, now: Memory) -> bool:
    """Whether the region has all that anybody may have let go without it."""
    if before.last is None or now.last is None or not (before.obeyed and now.obeyed):
        return False
    return now.last.is_complete(before.last)


def promise_now(look: Look | None, degraded_since: str | None) -> Now | None:
    """What the loss of this region would cost now; None where that is unknown.

    `degraded_since` has to be read after the look. A note that was cleared in between was cleared
    because the region has everything; one that was read before may be older than what was let go.
    `kept` is an RPO of 0: nothing that was acknowledged before the look is missing in the other
    region. PostgreSQL calls a clone `sync` as soon as all was sent to it (walsender.c, WalSndLoop),
    and commits were acknowledged by the one that it replaces, so what it has on its disk counts
    too. `waits` promises nothing: the region is not heard, lacks something or is on two
    connections, and commits should be waiting for it.
    """
    if degraded_since is not None:
        return "degraded"
    if look is None:
        return None
    is_waited_for = look.region is not None and look.region.is_waited_for
    return "kept" if is_waited_for and look.is_complete(look) else "waits"
