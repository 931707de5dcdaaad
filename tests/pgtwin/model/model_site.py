"""A site of the model behind the Protocol that the real plans call."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pgtwin.errors import (
    Locked,
    LockLost,
    RecordConflict,
    SiteFailed,
    SiteRefused,
    SiteUnreachable,
)
from pgtwin.lock import Lock
from pgtwin.record import Record
from pgtwin.site_state import FenceAttempt, Power, SiteState, Unarchived
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.oracle import Crash, Oracle
from tests.pgtwin.model.world import Copy, Place, Rows, World, other
from topology.site import SiteName

Change = Callable[[World], World]
Message = tuple[SiteName, str, str | Copy | None]
"""A site, what arrives there late, and its argument."""


@dataclass
class Cell:
    """The one mutable thing: the world while a step is being taken."""

    world: World
    oracle: Oracle
    cannot_reach: frozenset[SiteName] = frozenset()
    fresh: bool = True
    """Whether the word of the command that takes this step is young."""
    run: str = "r"
    """Whose step it is."""
    lost: bool = False
    """Whether the laptop slept in this step until the lock had expired."""

    def oversleep(self) -> None:
        """The run's locks expire, and somebody else starts what was stopped."""
        self.lost = True
        for site, place in self.world.each():
            free = replace(place, lock=None if place.lock == self.run else place.lock)
            self.world = host_rules.boot(self.world.put(site, free), site)

    def may(self, behaviour: str) -> bool:
        return behaviour in self.world.budget.also


class ModelSite:
    """Loses messages, answers late, or dies with its region, as the oracle says."""

    def __init__(self, name: SiteName, cell: Cell) -> None:
        self._name: SiteName = name
        self._cell = cell

    @property
    def name(self) -> SiteName:
        return self._name

    def observe(self, *, outside: bool = False) -> SiteState:
        self._reachable(machines=True)
        here, source = self._place, self._cell.world.place(other(self._name))
        unknown = self._cell.may("unknown") and self._cell.oracle.choose(("now", "unknown"))
        clear = unknown != "unknown"
        known = host_rules.newest_copy(self._cell.world, self._name)
        following = (
            here.role == "replica"
            and here.exists
            and source.accepts
            and source.archives
            and source.rows[: len(here.rows)] == here.rows
        )
        return SiteState(
            site=self._name,
            role=here.role if here.exists else "replica",
            exists=here.exists,
            accepts_writes=here.writes if clear else None,
            healthy=clear,
            fenced=(here.exists and here.stopped) or (outside and here.closed is not None),
            clients_admitted=not here.gate_closed if clear else None,
            following=following and clear,
            server_name=here.server if here.exists else "",
            lsn="0/1000000" if clear else None,
            demotion_token=_text(here.token),
            promoted_in_epoch=here.promoted_in if here.exists else None,
            confirmed_in_epoch=here.promoted_in if here.exists and here.role == "writer" else None,
            known_epoch=known.epoch,
            known_writer=known.writer,
            heartbeat_age_seconds=1.0,
        )

    def demote(self, *, to: SiteName, epoch: int) -> str:
        self._cell.world = replace(self._cell.world, said_to_write=None)
        self._verb(
            "demote",
            str(epoch),
            lambda world: host_rules.demote(world, self._name, epoch),
            begun=lambda world: host_rules.begin_demotion(world, self._name, epoch),
        )
        return _text(self._place.token) or ""

    def promote(self, token: str | None) -> None:
        rows = _rows(token)
        self._verb("promote", token, lambda world: host_rules.promote(world, self._name, rows))

    def settle(self, *, wait: bool = True) -> None:
        self._reachable(machines=True)
        if not self._place.exists or self._place.role != "writer":
            raise SiteRefused(f"{self._name} is no writer")

    def follow(self, server_name: str) -> None:
        self._verb(
            "follow", server_name, lambda world: host_rules.follow(world, self._name, server_name)
        )

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        if not (self._cell.fresh or self._place.fence_tried):
            self._problem("fenced for a word that was too old")
        self._under_the_lock()
        outcomes = ("every way", "no way", "crash")
        later = ("later",) if self._cell.may("late fence") else ()
        outcome = self._cell.oracle.choose((*outcomes, *later))
        reached = self._is_in_reach()
        if outcome == "later" and reached and self._place.up:
            self._send("hold", str(epoch))
        # Nobody reaches a region that is cut; what it still serves, only clients inside of it see.
        isolated = self._place.isolated or not reached
        self._put(replace(self._place, fence_tried=True, isolated=isolated))
        if outcome == "every way" and reached:
            self._put(replace(self._place, stopping=self._place.up))
        if outcome == "crash":
            raise Crash
        seen = outcome == "every way" and reached and not self._place.up
        return (FenceAttempt(way="instances stopped", worked=seen, detail=""),)

    def close_archive(self, server_name: str) -> None:
        outcomes = ("done", "lost", "crash")
        late = ("later",) if self._cell.may("propagation") else ()
        outcome = self._cell.oracle.choose((*outcomes, *late))
        if outcome != "lost":
            self._put(replace(self._place, closed=server_name, closing=outcome == "later"))
        self._end("done" if outcome == "later" else outcome)

    def power(self) -> Power:
        self._reachable()
        if self._place.stopping:
            return "stopping"
        return "running" if self._place.up else "stopped"

    def start(self) -> None:
        self._reachable()
        if self._place.up and not self._place.stopping:
            return  # EC2 is asked how they are, and for nothing else
        self._api(lambda world: host_rules.boot(world, self._name))

    def hold(self, *, epoch: int) -> None:
        self._verb("hold", str(epoch), lambda world: host_rules.hold(world, self._name, epoch))

    def unfence(self) -> None:
        self._verb("unfence", None, lambda world: host_rules.unfence(world, self._name))

    def open_archive(self) -> None:
        if self._cell.may("errors") and self._cell.oracle.choose(("done", "failed")) == "failed":
            raise SiteFailed(f"the archive of {self._name} was not opened")
        self._put(replace(self._place, closed=None, closing=False))

    def unarchived(self) -> Unarchived | None:
        self._reachable(machines=True)
        return Unarchived(count=len(self._place.rows) - len(self._place.archived))

    def back_up(self) -> str:
        self._reachable(machines=True)
        return "backup"

    def begin_backup(self) -> str:
        self._reachable(machines=True)
        return "backup"

    def dump(self) -> str:
        self._reachable(machines=True)
        return "dump"

    def restore(self, *, at: str, into: str, source: SiteName) -> None:
        self._reachable(machines=True)

    def read_record(self) -> Record | None:
        self._reachable()
        newest = max(versions(self._place), key=lambda copy: copy.epoch)
        return newest.record() if newest.epoch else None

    def write_record(self, record: Record) -> None:
        copy = Copy.of(record)
        self._reachable()
        newest = max(versions(self._place), key=lambda copy: copy.epoch)
        if self._place.copy == newest == copy:
            return
        if newest != copy and newest.epoch >= copy.epoch:
            raise RecordConflict("the record is of a later epoch")
        late = (self._name, "record", copy) if self._cell.may("late record") else None
        self._api(lambda world: host_rules.put_record(world, self._name, copy), late=late)

    def take_lock(self, lock: Lock) -> None:
        self._reachable()
        if self._place.lock not in (None, lock.run):
            raise Locked(f"held by {self._place.lock}")
        self._put(replace(self._place, lock=lock.run))

    def extend_lock(self, lock: Lock) -> None:
        self._reachable()
        if self._place.lock != lock.run:
            raise LockLost(f"held by {self._place.lock}")

    def release_lock(self, run: str) -> None:
        self._reachable()
        if self._place.lock == run:
            self._put(replace(self._place, lock=None))

    def alias(self) -> SiteName | None:
        return self._place.alias

    def point_alias(self, to: SiteName) -> None:
        if self._cell.may("errors") and self._cell.oracle.choose(("done", "failed")) == "failed":
            raise SiteFailed(f"the name in {self._name}'s region was not moved")
        self._put(replace(self._place, alias=to))

    @property
    def _place(self) -> Place:
        return self._cell.world.place(self._name)

    def _put(self, place: Place) -> None:
        self._cell.world = self._cell.world.put(self._name, place)

    def _reachable(self, *, machines: bool = False) -> None:
        silent = machines and (not self._place.up or self._place.stopping)
        if silent or not self._is_in_reach():
            raise SiteUnreachable(f"{self._name} does not answer")

    def _is_in_reach(self) -> bool:
        return not self._place.cut and self._name not in self._cell.cannot_reach

    def _under_the_lock(self) -> None:
        if self._cell.lost:
            self._problem("acted without the lock, which expired in the middle of a step")

    def _problem(self, text: str) -> None:
        self._cell.world = replace(self._cell.world, problem=self._cell.world.problem or text)

    def _api(self, change: Change, *, late: Message | None = None) -> None:
        """A call that AWS answers itself: it happens now or never, or `late`."""
        self._under_the_lock()
        self._reachable()
        outcomes = ("done", "lost", "answer lost", "crash")
        outcome = self._cell.oracle.choose((*outcomes, "late") if late else outcomes)
        if outcome == "late" and late is not None:
            world = self._cell.world
            self._cell.world = replace(world, late=world.late | {late})
        elif outcome != "lost":
            self._cell.world = change(self._cell.world)
        self._end(outcome)

    def _verb(
        self, verb: str, argument: str | None, change: Change, *, begun: Change | None = None
    ) -> None:
        """A verb on a machine: it may also happen much later, or only be `begun` when it is cut."""
        self._under_the_lock()
        self._reachable(machines=True)
        outcomes = ["done", "late", "answer lost", "crash"]
        outcomes += ["begun"] if begun else []
        outcomes += ["twice"] if self._cell.may("twice") else []
        outcomes += ["failed"] if self._cell.may("errors") else []
        outcomes += ["looked"] if verb == "promote" and self._cell.may("parted") else []
        outcome = self._cell.oracle.choose(tuple(outcomes))
        if outcome == "failed":
            raise SiteFailed(f"{verb} failed on {self._name}, with nothing done")
        if outcome == "looked":
            host_rules.may_be_promoted(self._cell.world, self._name, _rows(argument))
            verb = "patch"
        if outcome in ("late", "looked", "twice"):
            self._send(verb, argument)
        if outcome == "twice":
            self._cell.world = change(self._cell.world)
            return
        if outcome in ("late", "looked"):
            pass
        elif outcome == "begun" and begun is not None:
            self._cell.world = begun(self._cell.world)
        else:
            self._cell.world = change(self._cell.world)
        self._end(outcome)

    def _send(self, verb: str, argument: str | None) -> None:
        """It is on its way, and arrives whenever it likes."""
        message: Message = (self._name, verb, argument)
        world = self._cell.world
        self._cell.world = replace(world, late=world.late | {message})

    def _end(self, outcome: str) -> None:
        if outcome == "crash":
            raise Crash
        if outcome != "done":
            raise SiteUnreachable(f"{self._name}: no answer")


def versions(place: Place) -> tuple[Copy, ...]:
    """What is read of the record, the earlier one first: a put that landed late is the newest
    version, but not the newest record.
    """
    return (place.before, place.copy)


def deliver(world: World, message: Message) -> World:
    """A late verb arrives; what the site refuses then has no effect."""
    site, verb, argument = message
    world = replace(world, late=world.late - {message})
    if isinstance(argument, Copy):
        return host_rules.put_record(world, site, argument)
    changes: dict[str, Change] = {
        "demote": lambda world: host_rules.demote(world, site, int(argument or 0)),
        "promote": lambda world: host_rules.promote(world, site, _rows(argument)),
        "patch": lambda world: host_rules.patch_promotion(world, site, _rows(argument)),
        "follow": lambda world: host_rules.follow(world, site, argument or ""),
        "hold": lambda world: host_rules.hold(world, site, int(argument or 0)),
        "unfence": lambda world: host_rules.unfence(world, site),
    }
    try:
        after = changes[verb](world)
    except (SiteRefused, SiteFailed):
        return world
    if world.said_to_write == site and world.place(site).writes and not after.place(site).writes:
        return replace(after, problem=f"a late {verb} undid what a command had promised")
    return after


def _text(rows: Rows | None) -> str | None:
    return None if rows is None else "t" + ",".join(map(str, rows))


def _rows(token: str | None) -> Rows | None:
    if token is None:
        return None
    return tuple(int(row) for row in token[1:].split(",") if row)
