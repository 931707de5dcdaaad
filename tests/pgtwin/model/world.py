"""Two sites reduced to what decides who may write: values that can be compared and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from pgtwin.execute import Position
from pgtwin.record import Record
from topology.site import SITES, SiteName, other_site

BEHAVIOURS: dict[str, str] = {
    "parted": "a verb is let in by one look at the record, and patches after another",
    "late record": "a put of the record lands after later ones",
    "twice": "a verb runs again on another server, much later",
    "errors": "a call fails or is refused, with nothing done",
    "unknown": "a site is observed that cannot tell whether it accepts writes, nor is healthy",
    "blind": "an operator does not reach a region that others reach",
    "suspended": "a laptop sleeps until the word is old, or until the lock has expired",
    "interrupted": "Ctrl-C, a closed terminal: the lock is released where the command stands",
    "absent": "a Cluster is deleted; apply makes it again as the record says",
    "propagation": "IAM's denial takes effect later",
    "streaming": "a replica has rows of the writer's that no archive has yet",
    "synchronous": "commits may wait for the other region, and status says whether they do",
    "rebooted": "the machines of a site start again while it is well",
    "late fence": "a fence from inside arrives at any time later",
    "stuck": "EC2 does not come to stop machines, which still serve clients",
    "second terminal": "the same command is typed again while it runs",
}
"""Beyond lost messages, late verbs, crashes and regions that go and come back."""
Rows = tuple[int, ...]
Command = tuple[str, SiteName]
NAMES: dict[SiteName, str] = {"primary": "p", "dr": "d"}


@dataclass(frozen=True)
class Copy:
    """One region's copy of the record, hashable."""

    epoch: int = 0
    writer: SiteName = "primary"
    primary: str = "p"
    dr: str = "d"
    token: str | None = None

    @classmethod
    def of(cls, record: Record) -> "Copy":
        names = record.server_names
        return cls(record.epoch, record.writer, names["primary"], names["dr"], record.token)

    def record(self) -> Record:
        names: dict[SiteName, str] = {"primary": self.primary, "dr": self.dr}
        return Record(epoch=self.epoch, writer=self.writer, server_names=names, token=self.token)

    def server(self, site: SiteName) -> str:
        return self.primary if site == "primary" else self.dr


@dataclass(frozen=True)
class Place:
    """A site: its machines, its Cluster, its archive, and its region's parameters."""

    role: Literal["writer", "replica"]
    server: str
    exists: bool = True
    """Whether there is a Cluster."""
    up: bool = True
    stopping: bool = False
    """EC2 was asked to stop the machines, which still serve clients."""
    gate_closed: bool = False
    """Clients are kept out until the record was read after a start."""
    epoch_at_start: int = 0
    started_as_writer: bool = False
    """Machines started after the site was told to write, or while a command did that: where the
    other region is lost, nobody but a person can tell that the writer was not moved since.
    """
    stopped: bool = False
    """PostgreSQL is kept stopped by the host program."""
    closed: str | None = None
    """The server name whose archive IAM keeps closed."""
    closing: bool = False
    """IAM was told, and goes on to let the site write for a while."""
    rows: Rows = ()
    archived: Rows = ()
    token: Rows | None = None
    demoting: bool = False
    """Was told to be a replica; PostgreSQL is being shut down, and there is no token yet."""
    promoted_in: int | None = None
    cut: bool = False
    """The region answers nobody outside of it."""
    isolated: bool = False
    """Was to be fenced while nobody could reach its machines: what it accepts is lost, and nobody
    replays it. The gate on its machines closes once they read the other region's record."""
    fence_tried: bool = False
    listed: bool = False
    """Commits wait for the other region."""
    degraded: bool = False
    """It is written down that commits may go on without the other region."""
    copy: Copy = Copy()
    before: Copy = Copy()
    """The version of the record before `copy`."""
    seen: Copy = Copy()
    """The newest copy that the machines have read, in either region."""
    lock: str | None = None
    alias: SiteName = "primary"

    @property
    def accepts(self) -> bool:
        """Whether clients get their writes acknowledged."""
        return self.writes and not self.gate_closed

    @property
    def writes(self) -> bool:
        """Whether PostgreSQL runs as a writer, whoever reaches it."""
        return self.exists and self.up and self.role == "writer" and not self.stopped

    @property
    def is_well(self) -> bool:
        """Whether it is a replica that nothing is wrong with, as far as anybody can see."""
        runs = self.exists and self.up and not (self.stopped or self.stopping or self.cut)
        return runs and self.role == "replica"

    @property
    def archives(self) -> bool:
        return self.exists and self.up and (self.closed != self.server or self.closing)


@dataclass(frozen=True)
class Operator:
    """Somebody at a keyboard, in the middle of a command."""

    run: str
    command: Command
    position: Position = field(default_factory=Position)
    silent: frozenset[SiteName] = frozenset()
    locked: frozenset[SiteName] = frozenset()
    confirmed: bool = False
    """Whether the word was given, for something that is still fresh."""
    was_replica: bool = False
    known_epoch: int = 0
    vouched: bool = False
    """Whether somebody said that the site which does not answer was never promoted."""
    given_token: str = ""
    cannot_reach: frozenset[SiteName] = frozenset()
    """Regions that this operator does not reach, though others may."""


@dataclass(frozen=True)
class Budget:
    """How much may still go wrong or be tried, so that the search ends."""

    commands: int
    faults: int
    cuts: int = 1
    rows: int = 2
    also: frozenset[str] = frozenset()
    """Which of `BEHAVIOURS` may happen, each at the price of a fault or a cut."""


@dataclass(frozen=True)
class World:
    """Everything that a later move can depend on."""

    primary: Place
    dr: Place
    budget: Budget
    truth: Rows = ()
    """The rows that clients were promised; a failover resets it to what arrived."""
    operators: tuple[Operator, ...] = ()
    late: frozenset[tuple[SiteName, str, str | Copy | None]] = frozenset()
    confirmed: str = ""
    """The cluster that was typed last; here they are called like their sites."""
    said_to_write: SiteName | None = None
    """Which site the last command that rolled back or released left as the writer, until the next
    command."""
    problem: str = ""

    def place(self, site: SiteName) -> Place:
        return self.primary if site == "primary" else self.dr

    def put(self, site: SiteName, place: Place) -> "World":
        return replace(self, primary=place) if site == "primary" else replace(self, dr=place)

    def spend(self, **what: int) -> "World":
        left = {key: getattr(self.budget, key) - amount for key, amount in what.items()}
        return replace(self, budget=replace(self.budget, **left))

    def each(self) -> Iterator[tuple[SiteName, Place]]:
        for site in SITES:
            yield site, self.place(site)


def other(site: SiteName) -> SiteName:
    return other_site(site)


def first_world(
    commands: int = 2, faults: int = 1, cuts: int = 1, rows: int = 2, also: tuple[str, ...] = ()
) -> World:
    budget = Budget(commands=commands, faults=faults, cuts=cuts, rows=rows, also=frozenset(also))
    return World(
        primary=Place(role="writer", server="p"),
        dr=Place(role="replica", server="d"),
        budget=budget,
    )
