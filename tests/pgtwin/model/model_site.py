"""A site of the model behind the Protocol that the real plans call."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pgtwin.errors import Locked, LockLost, RecordConflict, SiteRefused, SiteUnreachable
from pgtwin.fence_attempt import FenceAttempt
from pgtwin.lock import Lock
from pgtwin.record import Record
from pgtwin.site_state import Power, SiteState, Unarchived
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.oracle import Crash, Oracle
from tests.pgtwin.model.world import Copy, Place, Rows, World, other
from topology.site import SiteName

Change = Callable[[World], World]


@dataclass
class Cell:
    """The one mutable thing: the world while a step is being taken."""

    world: World
    oracle: Oracle


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
        following = (
            here.role == "replica"
            and source.accepts
            and source.archives
            and source.rows[: len(here.rows)] == here.rows
        )
        return SiteState(
            site=self._name,
            role=here.role,
            accepts_writes=here.accepts,
            healthy=True,
            fenced=here.stopped or (outside and here.closed is not None),
            following=following,
            server_name=here.server,
            demotion_token=_text(here.token),
            promoted_in_epoch=here.promoted_in,
            heartbeat_age_seconds=1.0,
        )

    def demote(self, *, to: SiteName, epoch: int) -> str:
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
        if self._place.role != "writer":
            raise SiteRefused(f"{self._name} is no writer")

    def follow(self, server_name: str) -> None:
        self._verb(
            "follow", server_name, lambda world: host_rules.follow(world, self._name, server_name)
        )

    def fence(self) -> tuple[FenceAttempt, ...]:
        outcome = self._cell.oracle.choose(("every way", "no way", "crash"))
        tried = replace(self._place, fence_tried=True)
        machines = outcome == "every way" and not tried.cut
        # Nobody reaches a region that is cut; what it still serves, only clients inside of it see.
        self._put(replace(tried, isolated=tried.isolated or tried.cut))
        if machines:
            self._put(replace(self._place, up=False, stopped=tried.up or tried.stopped))
        if outcome == "crash":
            raise Crash
        return (FenceAttempt(way="instances stopped", worked=machines, detail=""),)

    def close_archive(self, server_name: str) -> None:
        outcome = self._cell.oracle.choose(("done", "lost", "crash"))
        if outcome != "lost":
            self._put(replace(self._place, closed=server_name))
        self._end(outcome)

    def power(self) -> Power:
        self._reachable()
        return "running" if self._place.up else "stopped"

    def start(self) -> None:
        self._api(lambda world: host_rules.boot(world, self._name))

    def hold(self) -> None:
        self._verb("hold", None, lambda world: world.put(self._name, _held(self._place)))

    def unfence(self) -> None:
        self._verb("unfence", None, lambda world: host_rules.unfence(world, self._name))

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
        return self._place.copy.record() if self._place.copy.epoch else None

    def write_record(self, record: Record) -> None:
        copy = Copy.of(record)
        self._reachable()
        if self._place.copy == copy:
            return
        if self._place.copy.epoch >= copy.epoch:
            raise RecordConflict("the record is of a later epoch")
        self._api(lambda world: world.put(self._name, replace(self._place, copy=copy)))

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
        self._put(replace(self._place, alias=to))

    @property
    def _place(self) -> Place:
        return self._cell.world.place(self._name)

    def _put(self, place: Place) -> None:
        self._cell.world = self._cell.world.put(self._name, place)

    def _reachable(self, *, machines: bool = False) -> None:
        if self._place.cut or (machines and not self._place.up):
            raise SiteUnreachable(f"{self._name} does not answer")

    def _api(self, change: Change) -> None:
        """A call that AWS answers itself: it happens now or never."""
        self._reachable()
        outcome = self._cell.oracle.choose(("done", "lost", "answer lost", "crash"))
        if outcome != "lost":
            self._cell.world = change(self._cell.world)
        self._end(outcome)

    def _verb(
        self, verb: str, argument: str | None, change: Change, *, begun: Change | None = None
    ) -> None:
        """A verb on a machine: it may also happen much later, or only be `begun` when it is cut."""
        self._reachable(machines=True)
        outcomes = ("done", "late", "answer lost", "crash")
        outcome = self._cell.oracle.choose((*outcomes, "begun") if begun else outcomes)
        if outcome == "late":
            message = (self._name, verb, argument)
            world = self._cell.world
            self._cell.world = replace(world, late=world.late | {message})
        elif outcome == "begun" and begun is not None:
            self._cell.world = begun(self._cell.world)
        else:
            self._cell.world = change(self._cell.world)
        self._end(outcome)

    def _end(self, outcome: str) -> None:
        if outcome == "crash":
            raise Crash
        if outcome != "done":
            raise SiteUnreachable(f"{self._name}: no answer")


def deliver(world: World, message: tuple[SiteName, str, str | None]) -> World:
    """A late verb arrives; what the site refuses then has no effect."""
    from pgtwin.errors import SiteFailed

    site, verb, argument = message
    world = replace(world, late=world.late - {message})
    changes: dict[str, Change] = {
        "demote": lambda world: host_rules.demote(world, site, int(argument or 0)),
        "promote": lambda world: host_rules.promote(world, site, _rows(argument)),
        "follow": lambda world: host_rules.follow(world, site, argument or ""),
        "hold": lambda world: world.put(site, _held(world.place(site))),
        "unfence": lambda world: host_rules.unfence(world, site),
    }
    try:
        after = changes[verb](world)
    except (SiteRefused, SiteFailed):
        return world
    demoted = world.place(site).role == "writer" and after.place(site).role == "replica"
    if demoted and world.said_to_write == site:
        return replace(after, problem="a late demotion undid what a way back had promised")
    return after


def _held(place: Place) -> Place:
    return replace(place, stopped=True)


def _text(rows: Rows | None) -> str | None:
    return None if rows is None else "t" + ",".join(map(str, rows))


def _rows(token: str | None) -> Rows | None:
    if token is None:
        return None
    return tuple(int(row) for row in token[1:].split(",") if row)
