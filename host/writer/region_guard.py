"""Whether commits wait for the other region: a pure decision, repeated at every look.

`replication: synchronous` promises that a commit returns when the other region has it on its disk.
`rpo: 0` waits for that forever. `rpo: 30s` lets commits go on without a region that is silent, and
holds them again before the other region lacks more than 30 s of them.

What always holds:

* Degraded since is written down on the Cluster before the region leaves the list, and is taken back
  only after that was verified again: whenever a commit may be acknowledged without the other
  region, the note is there. A region that is found off the list without a note is noted at once,
  whoever took it off.
* Commits are let go only by what was seen. A look that nobody answered is no silence: it lets
  nobody go and verifies nothing. A guard that has just started has seen no silence yet, and of a
  time in which it could not look it counts little: it rather lets go later.
* `rpo: 0` never lets go. What else takes the region off the list is a change of the writer, which a
  person asked for, and it writes the note in the same patch.
* The patch that lets go says until when the other region is known to have every commit. From then
  on the time of `rpo` runs, whichever guard looks, also one that has just started. A guard that
  does not know that moment lets nobody go. Once the time is used up the region is put back
  whether it answers or not, also where PostgreSQL does not answer the guard. Commits wait then
  until the region has them.
* After a change of the writer no such moment is noted and nothing is held: the region is lost, or
  is being cloned, and a person decided to write without it.
* The region is put back once it streams and had all of what was written one look before, without a
  break for `SILENT_SECONDS`: a path that flaps would make clients wait that each time.
* A region that is on the list again is verified by looks that follow each other: PostgreSQL itself
  says `sync`, then, later than its processes take to read the list, its checkpointer is seen at
  rest, and then the region has on its disk what was written by that look. WAL is in sequence, so
  all that was acknowledged before is there too. All of these are of one list: another server's
  guard may have taken the region off and put it back while this one could not look.
* Of two connections of the region, as while it changes its own leading instance, one may have what
  the other has not, and the local standby may have neither. While there are two nothing is
  verified, the note is written, and nobody is told an RPO of 0.
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

from host.writer.region_seen import Look, Seen

RELOADED_SECONDS = 2.0
"""Until every process of PostgreSQL goes by a changed list. `sync_state` is told by a process that
has read it already, while a WAL sender may still let commits go by the old one (PostgreSQL's
walsender.c, WalSndLoop, and syncrep.c, SyncRepReleaseWaiters); a sender that is not stuck reads it
at once, and one that is stuck lets nobody go. Sessions that waited for nobody before go by what the
checkpointer has read, and that may wait for the disk for longer: so it has to be seen at rest
(`host/writer/region_look.py`)."""
SEEN_SECONDS = 15.0
"""The time between two looks that counts as seen: a round that takes as long as it may. In what is
longer the region may have answered and fallen silent again."""
SILENT_SECONDS = 10.0
"""How long a region acknowledges nothing before commits are let go. PostgreSQL notices after 5 s
that a connection is gone (`wal_sender_timeout`), and makes the next one within seconds."""
UNSEEN_SECONDS = SILENT_SECONDS / 2
"""What a longer time between two looks counts as silence: alone it lets nobody go, and a machine
on which every round is slow still does."""
HOLD_SECONDS = 10.0
"""How long before the time of `rpo` is used up commits are held: until the next look, which is 5 s
later (`host/verbs/hold.py`), and until the patch is in force, 0.9 s (docs/replication.md). Where
these take longer, the bound is later by that."""
Now = Literal["kept", "waits", "degraded"]


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What the configuration says."""

    rpo_seconds: float
    """How much of what was acknowledged the other region may lack; 0 for nothing."""

    def lets_go(self, silent_seconds: float) -> bool:
        """Whether commits go on without a region that is silent for so long."""
        return self.rpo_seconds > 0 and silent_seconds >= SILENT_SECONDS

    def is_used_up(self, missing_seconds: float) -> bool:
        """Whether commits of so long are missing that they have to wait again."""
        return missing_seconds >= self.rpo_seconds - HOLD_SECONDS

    @property
    def steady_seconds(self) -> float:
        """How long a region has to acknowledge without a break before commits wait for it."""
        return SILENT_SECONDS if self.rpo_seconds else 0.0


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
    covered_at: float | None = None
    """Until when the other region is known to have all that was acknowledged; None if unknown."""

    def after(self, seen: Seen) -> "Memory":
        """The memory with one more round."""
        look, covered = seen.look, self._covered_at(seen)
        if look is None:
            return replace(
                self, steady_since=None, sync_since=None, obeyed=False, covered_at=covered
            )
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
            covered_at=covered,
        )

    def _covered_at(self, seen: Seen) -> float | None:
        """A list that is in force covers all; else what was written one look before arrived, or
        somebody noted it.
        """
        if seen.is_in_force:
            return seen.at
        noted = None if seen.covered_seconds is None else seen.at - seen.covered_seconds
        complete = self.last and seen.look and seen.look.is_complete(self.last)
        moments = (self.covered_at, noted, self.last_at if complete else None)
        return max((moment for moment in moments if moment is not None), default=None)

    def _unseen_seconds(self, at: float) -> float:
        passed = 0.0 if self.last_at is None else at - self.last_at
        return passed - UNSEEN_SECONDS if passed > SEEN_SECONDS else 0.0


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
    now = before.after(seen)
    if seen.degraded_since is None and seen.is_off:
        return "write down"
    if not seen.is_named:
        ends = _is_used_up(promise, now, seen) or _is_steady(promise, now, seen.at)
        return "put back" if ends else "hold"
    if seen.look is None:
        return "hold"
    if now.silent_since is not None and promise.lets_go(seen.at - now.silent_since):
        return _without_the_region(promise, now, seen)
    if seen.degraded_since is not None and _is_proved(before, now):
        return "clear"
    return "hold"


def _is_used_up(promise: Promise, now: Memory, seen: Seen) -> bool:
    """Whether the guard let go, and the other region lacks as much as it may."""
    if seen.covered_seconds is None or now.covered_at is None:
        return False
    return promise.is_used_up(seen.at - now.covered_at)


def _without_the_region(promise: Promise, now: Memory, seen: Seen) -> Step:
    if seen.degraded_since is None:
        return "write down"
    if now.covered_at is None or promise.is_used_up(seen.at - now.covered_at):
        return "hold"
    return "let go"


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
