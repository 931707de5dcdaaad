"""A writer, the other region, two guards and one who asks for the status, as far as a commit goes.

WAL is a number; every commit is one more. What PostgreSQL tells of its list and what its commits go
by are two things for `RELOADED_SECONDS`, and for as long as its checkpointer waits for the disk. A
guard reads the Cluster, then PostgreSQL, and patches only the Cluster that it has read. Whoever
asks for the status looks at PostgreSQL, then reads the note.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from host.writer.region_guard import (
    RELOADED_SECONDS,
    Memory,
    Now,
    Promise,
    Step,
    next_step,
    promise_now,
)
from host.writer.region_seen import Look, Region, Seen

Decide = Callable[[Promise, Memory, Seen], Step]
Tell = Callable[[Look | None, str | None], Now | None]
GUARDS = 2


@dataclass(kw_only=True)
class _Guard:
    memory: Memory = field(default_factory=Memory)
    version: int = 0
    cluster: tuple[bool, str | None, float | None] | None = None
    list_id: str = ""


@dataclass(kw_only=True)
class Model:
    """What is true, and what is told of it."""

    promise: Promise
    decide: Decide = next_step
    tell: Tell = promise_now
    now: float = 0.0
    written: int = 0
    acknowledged: int = 0
    """To clients."""
    moments: list[float] = field(default_factory=lambda: [0.0])
    """When each of them was."""
    arrived: int = 0
    """On the other region's disk."""
    path: bool = True
    connected: bool = True
    """A connection whose path is cut is there for a while."""
    named: bool = True
    note: str | None = "the beginning"
    covered: float | None = None
    """Until when the region has every commit, as noted by the guard that let go."""
    version: int = 0
    generation: int = 0
    """How often the list was changed."""
    told_list: bool = False
    """Whether the list that PostgreSQL tells of has the other region."""
    obeyed_list: bool = False
    """Whether the list that commits are let go by has it."""
    changed_at: float = 0.0
    stalled: bool = False
    """Whether the checkpointer waits for the disk."""
    guards: list[_Guard] = field(default_factory=lambda: [_Guard() for _ in range(GUARDS)])
    asked: tuple[Look, int] | None = None
    """A look for the status, and what was acknowledged by then."""
    steps: list[Step] = field(default_factory=list)

    def commit(self) -> None:
        """One more; its client waits where the list says so."""
        self.written += 1
        self._let_go()

    def replicate(self) -> None:
        """What was written arrives, where it can."""
        self.connected = self.path
        if self.connected:
            self.arrived = self.written
        self._let_go()

    def cut(self) -> None:
        """The path is gone, and nobody has noticed."""
        self.path = False

    def notice(self) -> None:
        """PostgreSQL ends a connection whose path is gone."""
        self.connected = self.connected and self.path

    def heal(self) -> None:
        """The path is back."""
        self.path = True

    def reload(self) -> None:
        """PostgreSQL reads its list: some of its processes at once."""
        if self.told_list != self.named:
            self.told_list, self.changed_at = self.named, self.now

    def obey(self) -> None:
        """The rest of its processes, where the checkpointer can."""
        if self.stalled:
            return
        self.obeyed_list = self.told_list
        self._let_go()

    def stall(self) -> None:
        """The disk takes no more."""
        self.stalled = True

    def go_on(self) -> None:
        """The disk is back; the checkpointer rests no earlier than it has read the list."""
        self.stalled = False
        self.pass_seconds(0.0)

    def pass_seconds(self, seconds: float) -> None:
        """Time passes, for everybody."""
        self.now += seconds
        if self.now - self.changed_at >= RELOADED_SECONDS:
            self.obey()

    def change_the_writer(self) -> None:
        """A person promotes; here the same WAL goes on."""
        self._patch(named=False, note="a promotion")

    def read(self, number: int) -> None:
        """A guard reads the Cluster."""
        guard = self.guards[number]
        guard.version, guard.cluster = self.version, (self.named, self.note, self.covered)
        guard.list_id = f"{self.generation}"

    def act(self, number: int, *, answers: bool = True) -> None:
        """It looks at PostgreSQL, which answers or not, decides and patches."""
        guard = self.guards[number]
        if guard.cluster is None:
            return
        named, note, covered = guard.cluster
        seen = Seen(
            at=self.now,
            list_id=guard.list_id,
            is_named=named,
            degraded_since=note,
            covered_seconds=None if covered is None else self.now - covered,
            look=self.look() if answers else None,
        )
        step = self.decide(self.promise, guard.memory, seen)
        guard.memory, guard.cluster = guard.memory.after(seen), None
        if step != "hold" and guard.version == self.version:
            self._carry_out(step, guard.memory.covered_at)

    def restart(self, number: int) -> None:
        """A guard begins again and knows nothing."""
        self.guards[number] = _Guard()

    @property
    def missing_seconds(self) -> float:
        """From when to when commits were acknowledged that the region does not have."""
        if self.acknowledged <= self.arrived:
            return 0.0
        return self.moments[self.acknowledged] - self.moments[self.arrived + 1]

    def look(self) -> Look:
        """What PostgreSQL answers."""
        region = Region(
            streaming=True,
            sync_state="sync" if self.told_list else "async",
            flushed=self.arrived,
        )
        return Look(
            written=self.written,
            region=region if self.connected else None,
            at_rest=not self.stalled,
        )

    def ask(self) -> None:
        """The status begins: PostgreSQL."""
        self.asked = (self.look(), self.acknowledged)

    def ask_once(self) -> None:
        """The status begins, where it has not yet."""
        if self.asked is None:
            self.ask()

    def answer(self) -> None:
        """The status ends: the note. What it says has to be true."""
        if self.asked is None:
            return
        (look, acknowledged), self.asked = self.asked, None
        if self.tell(look, self.note) == "kept":
            assert acknowledged <= self.arrived, "an RPO of 0 was told, and commits are missing"

    def rounds(self, number: int, times: int) -> None:
        """Whole rounds of one guard, with a commit before each and the list read after it."""
        for _ in range(times):
            self.commit()
            self.read(number)
            self.act(number)
            self.reload()
            self.pass_seconds(2.0)

    def lose_the_path(self) -> None:
        """It is cut, and that is noticed."""
        self.cut()
        self.notice()

    def serve(self, times: int) -> None:
        """Rounds with a region that is there and keeps up."""
        self.heal()
        for _ in range(times):
            self.replicate()
            self.rounds(0, 1)

    def _carry_out(self, step: Step, covered_at: float | None) -> None:
        self.steps.append(step)
        if step == "write down":
            self._patch(named=self.named, note=f"{self.now}", covered=self.covered)
        elif step == "clear":
            self._patch(named=self.named, note=None)
        elif step == "let go":
            assert covered_at is not None, "nobody knows what the region has"
            self._patch(named=False, note=self.note, covered=covered_at)
        else:
            self._patch(named=True, note=self.note, covered=self.covered)

    def _patch(self, *, named: bool, note: str | None, covered: float | None = None) -> None:
        assert named or note is not None, "the region left the list and nobody wrote it down"
        holds = self.obeyed_list and self.acknowledged <= self.arrived
        assert note is not None or holds, "the note is gone, and commits may go on"
        self.generation += named != self.named
        self.named, self.note, self.version = named, note, self.version + 1
        self.covered = covered

    def _let_go(self) -> None:
        free = self.arrived if self.obeyed_list else self.written
        self.acknowledged = max(self.acknowledged, free)
        self.moments += [self.now] * (self.acknowledged + 1 - len(self.moments))
