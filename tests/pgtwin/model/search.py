"""Every state that two sites, operators and bad luck can reach; or the first broken promise."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pgtwin.errors import PlanRefused
from pgtwin.execute import Position, advance
from pgtwin.failback import failback
from pgtwin.failover import failover
from pgtwin.plan import Plan
from pgtwin.release import release
from pgtwin.run import Run
from pgtwin.switchover import switchover
from pgtwin.vouching import never_promoted
from tests.pgtwin.model import host_rules, other_region
from tests.pgtwin.model.model_site import Cell, ModelSite, deliver
from tests.pgtwin.model.oracle import Crash, Oracle
from tests.pgtwin.model.promises import broken_promise
from tests.pgtwin.model.world import NAMES, Command, Operator, Place, World, other
from topology.site import SITES, SiteName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Move = tuple[str, World]
Planner = Callable[[Run, SiteName], Plan]
PLANS: dict[str, Planner] = {
    "switchover": switchover,
    "failover": lambda run, site: failover(run, site, cluster=site),
    "failback": lambda run, site: failback(run, site, cluster=site),
    "release": release,
}
ONE_REGION = ("failover", "release")
"""What goes on while the other region is lost."""
COMMANDS: tuple[Command, ...] = tuple((what, site) for what in PLANS for site in SITES)


@dataclass
class Found:
    """What a search came to."""

    states: int
    complete: bool
    """Whether every state within the bounds was looked at."""
    problem: str = ""
    way: tuple[str, ...] = ()


class Silence:
    """A journal that forgets."""

    def note(self, step: str, event: str, detail: str = "") -> None:
        pass


class Left(Silence):
    """Whether a step was left for the end, as a region said nothing about the lock."""

    said = False

    def note(self, step: str, event: str, detail: str = "") -> None:
        self.said |= event == "left to do"


class ModelClock:
    """Any wait ends at its deadline; replicas replay, demotions end, and machines have stopped and
    read the record meanwhile.
    """

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(days=1)
        stuck = self._cell.may("stuck") and self._cell.oracle.choose(("", "stuck"))
        for site in SITES:
            world = host_rules.end_demotion(self._cell.world, site)
            world = host_rules.admit(world if stuck else host_rules.end_stop(world, site), site)
            self._cell.world = host_rules.replay(world, site)
        if self._cell.may("suspended") and self._cell.oracle.choose(("", "hours")):
            self._cell.oversleep()


def search(
    start: World,
    *,
    states: int,
    commands: tuple[Command, ...] = COMMANDS,
) -> Found:
    """Breadth first, so that the first broken promise has the shortest way."""
    came_from: dict[World, tuple[World, str] | None] = {start: None}
    queue = deque([start])
    while queue and len(came_from) < states:
        world = queue.popleft()
        for move, after in moves(world, commands):
            if after in came_from:
                continue
            came_from[after] = (world, move)
            problem = broken_promise(after)
            if problem:
                way = _way(came_from, after)
                return Found(len(came_from), complete=False, problem=problem, way=way)
            queue.append(after)
    return Found(len(came_from), complete=not queue)


def _way(came_from: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    way = []
    step = came_from[world]
    while step is not None:
        way.append(step[1])
        step = came_from[step[0]]
    return tuple(reversed(way))


def moves(world: World, commands: tuple[Command, ...]) -> Iterator[Move]:
    """All that can happen next."""
    for index, operator in enumerate(world.operators):
        yield from _steps(world, index, operator)
    yield from _new_commands(world, commands)
    yield from _life(world)
    yield from _trouble(world)


def _new_commands(world: World, commands: tuple[Command, ...]) -> Iterator[Move]:
    if not world.budget.commands:
        return
    run = f"op{world.budget.commands}"
    for command in commands:
        after = replace(world.spend(commands=1), said_to_write=None)
        operators = (*world.operators, Operator(run, command))
        yield f"{run}: {' '.join(command)}", replace(after, operators=operators)
        if "blind" in world.budget.also and world.budget.cuts:
            site = other(command[1])
            blind = Operator(run, command, cannot_reach=frozenset((site,)))
            yield (
                f"{run}: {' '.join(command)}, without reaching {site}",
                replace(after.spend(cuts=1), operators=(*world.operators, blind)),
            )
    if "second terminal" in world.budget.also:
        yield from _same_command_again(world)


def _same_command_again(world: World) -> Iterator[Move]:
    for operator in world.operators:
        if may_take_up(operator):
            again = replace(operator, position=Position(), locked=frozenset())
            after = replace(world.spend(commands=1), operators=(*world.operators, again))
            yield f"{operator.run}: typed again", after


def may_take_up(_running: Operator) -> bool:
    """Its journal is locked for as long as it runs."""
    return False


def _steps(world: World, index: int, operator: Operator) -> Iterator[Move]:
    scripts: list[tuple[int, ...]] = [()]
    while scripts:
        oracle = Oracle(scripts.pop(), world.budget.faults)
        after, what = take_step(world, index, operator, oracle)
        scripts += oracle.alternatives()
        yield f"{operator.run}: {what}", after


def take_step(world: World, index: int, operator: Operator, oracle: Oracle) -> tuple[World, str]:
    """The operator's command takes its next step."""
    cell = Cell(
        world,
        oracle,
        cannot_reach=operator.cannot_reach,
        fresh=operator.confirmed,
        run=operator.run,
    )
    run = _run(cell, operator)
    plan = PLANS[operator.command[0]](run, operator.command[1])
    needed = (operator.command[1],) if operator.command[0] in ONE_REGION else SITES
    steps = plan.way_back if operator.position.turned_back else plan.steps
    what = steps[operator.position.index].name
    others = world.operators[:index] + world.operators[index + 1 :]
    lost, left = _lost_locks(world, operator), Left()
    try:
        position = advance(plan, operator.position, lambda: run.hold_lock(needed), left)
        if position.outcome is not None:
            run.release_lock()
    except Crash:
        return _spent(cell, oracle, world, others), f"{what}: crash"
    if position.outcome is None:
        there = replace(
            operator,
            position=position,
            silent=frozenset(run.silent),
            locked=frozenset(run.locked),
            confirmed=run.confirmed_at == NOW,
            was_replica=run.was_replica,
            known_epoch=run.known_epoch,
            vouched=run.vouched,
            given_token=run.given_token,
        )
        others = (*world.operators[:index], there, *world.operators[index + 1 :])
    after = _spent(cell, oracle, world, others)
    if lost and not left.said and position.problem == operator.position.problem:
        after = replace(after, problem=f"{what} was taken without the lock")
    if what == "fence" and operator.command[0] == "failover":
        after = _needlessly_fenced(world, after, operator)
    if position.index > operator.position.index and operator.command[0] == "failover":
        after = _heeded(after, operator.command[1], what)
    return _judge(after, operator, position.outcome), f"{what}: {position.outcome or 'goes on'}"


def _lost_locks(world: World, operator: Operator) -> bool:
    """Whether a lock that this run took is gone, in a region that it still asks."""
    return any(
        world.place(site).lock != operator.run
        for site in operator.locked - operator.silent - operator.cannot_reach
        if not world.place(site).cut
    )


def _needlessly_fenced(before: World, after: World, operator: Operator) -> World:
    """A replica that answered, and that is well beside the writer, is all that could take over."""
    survivor, lost = operator.command[1], other(operator.command[1])
    answered = lost not in operator.silent | operator.cannot_reach
    there = before.place(lost)
    stands_by = answered and there.is_well and there.token is None and not there.demoting
    if before.place(survivor).writes and stands_by and after.place(lost).fence_tried:
        return replace(after, problem=f"{lost} was fenced though {survivor} writes")
    return after


def _heeded(world: World, survivor: SiteName, step: str) -> World:
    """The record that a failover has moved has to count on the machines that it promotes."""
    counts = host_rules.newest_copy(world, survivor).writer == survivor
    if step != "move the record" or counts:
        return world
    return replace(
        world, problem=f"{survivor}'s machines have read a newer record than was written"
    )


def _judge(world: World, operator: Operator, outcome: str | None) -> World:
    """What a command claims at its end has to be so."""
    what, site = operator.command
    promotes = what in ("switchover", "failover")
    place = world.place(site)
    # A machine that was started again lets clients in once it has read the record.
    let_in = host_rules.admit(world, site).place(site).accepts or place.started_as_writer
    if outcome == "done" and promotes and not (let_in or place.cut):
        return replace(world, problem=f"{what} said done, but {site} accepts no writes")
    if outcome == "done" and what == "switchover":
        for region, place in world.each():
            if place.alias != site:
                return replace(world, problem=f"switchover said done, {region}'s name is not moved")
    old = world.place(other(site))
    alone = what == "failover" and old.cut
    if outcome == "refused" and alone and place.is_well and site not in operator.cannot_reach:
        return replace(world, problem=f"{site} is well and the other region is lost, but no writer")
    if outcome == "rolled back" and not (old.accepts or old.gate_closed):
        return replace(world, problem="rolled back, but the old writer accepts no writes")
    left = _left_as_the_writer(operator.command, outcome)
    return replace(world, said_to_write=left) if left else world


def _left_as_the_writer(command: Command, outcome: str | None) -> SiteName | None:
    """Whom a command that took something back has promised to be the writer."""
    what, site = command
    if outcome == "rolled back":
        return other(site)
    return site if (what, outcome) == ("release", "done") else None


def _spent(cell: Cell, oracle: Oracle, before: World, operators: tuple[Operator, ...]) -> World:
    used = before.budget.faults - oracle.faults
    return replace(cell.world.spend(faults=used), operators=operators)


def _run(cell: Cell, operator: Operator) -> Run:
    def confirm(text: str, word: str) -> None:
        if any(word == never_promoted(site) and _was_promoted(cell.world, site) for site in SITES):
            raise PlanRefused("whoever is asked for this word tells the truth")
        cell.world = replace(cell.world, confirmed=word)
        cell.fresh = True

    return Run(
        id=operator.run,
        owner="somebody",
        what=operator.command[0],
        sites={site: ModelSite(site, cell) for site in SITES},
        clusters=NAMES,
        clock=ModelClock(cell),
        tell=lambda text: None,
        confirm=confirm,
        silent=set(operator.silent),
        locked=set(operator.locked),
        looked_at=NOW if operator.confirmed else NOW - timedelta(hours=3),
        confirmed_at=NOW if operator.confirmed else NOW - timedelta(hours=3),
        was_replica=operator.was_replica,
        known_epoch=operator.known_epoch,
        vouched=operator.vouched,
        given_token=operator.given_token,
    )


def _was_promoted(world: World, site: SiteName) -> bool:
    """Whether the site was told to write after the other one, or is about to be."""
    late = any(message[:2] in ((site, "promote"), (site, "patch")) for message in world.late)
    here, there = world.place(site), world.place(other(site))
    later = (here.promoted_in or 0) > (there.promoted_in or 0)
    return late or (here.role == "writer" and later)


def _life(world: World) -> Iterator[Move]:
    """What happens without anything being wrong."""
    synchronous = "synchronous" in world.budget.also
    streams = synchronous or "streaming" in world.budget.also
    for site, place in world.each():
        row = 10 - world.budget.rows
        written = other_region.acknowledged(world, site, row)
        if place.accepts and world.budget.rows and written is not None:
            truth = world.truth if place.isolated else (*world.truth, row)
            yield f"{site}: write", replace(written.spend(rows=1), truth=truth)
        if place.accepts and place.archives and place.archived != place.rows:
            yield f"{site}: archive", world.put(site, replace(place, archived=place.rows))
        for what, after in (
            ("replay", host_rules.replay(world, site)),
            ("stream", host_rules.stream(world, site) if streams else world),
            ("guard", other_region.guard(world, site) if synchronous else world),
            ("token", host_rules.end_demotion(world, site)),
            ("apply", host_rules.keep_the_record(world, site) if place.up else world),
            ("gate", host_rules.admit(world, site)),
            ("machines stopped", host_rules.end_stop(world, site)),
        ):
            if after != world:
                yield f"{site}: {what}", after
        if place.closing:
            yield f"{site}: IAM obeys", world.put(site, replace(place, closing=False))
    for message in sorted(world.late, key=str):
        yield f"late {message[1]} at {message[0]}", deliver(world, message)


def _trouble(world: World) -> Iterator[Move]:
    for index, operator in enumerate(world.operators):
        if world.budget.faults:
            gone = world.operators[:index] + world.operators[index + 1 :]
            yield f"{operator.run}: killed", replace(world.spend(faults=1), operators=gone)
            yield from _laptop(world, index, operator, gone)
    for site, place in world.each():
        if place.cut:
            yield f"{site}: region back", world.put(site, replace(place, cut=False))
        elif world.budget.cuts:
            # To be fenced, and nobody sees any more what its machines do.
            isolated = place.isolated or place.fence_tried
            cut = world.put(site, replace(place, cut=True, isolated=isolated)).spend(cuts=1)
            yield f"{site}: region lost", cut
            off = replace(cut.place(site), up=False, stopping=False)
            yield f"{site}: region and machines lost", cut.put(site, off)
        if world.budget.faults:
            yield from _mishaps(world.spend(faults=1), site, place)


def _mishaps(world: World, site: SiteName, place: Place) -> Iterator[Move]:
    if not place.up or place.stopping:
        yield f"{site}: machines start", host_rules.boot(world, site)
    if "rebooted" in world.budget.also and place.up and not place.stopping:
        yield f"{site}: machines start again", host_rules.reboot(world, site)
    if place.lock is not None:
        yield f"{site}: lock expires", world.put(site, replace(place, lock=None))
    if "absent" in world.budget.also and place.exists and not place.writes:
        gone = replace(place, exists=False, token=None, demoting=False)
        yield f"{site}: cluster deleted", world.put(site, gone)


def _laptop(
    world: World, index: int, operator: Operator, others: tuple[Operator, ...]
) -> Iterator[Move]:
    also = world.budget.also
    if "interrupted" in also:
        gone = replace(_released(world, operator).spend(faults=1), operators=others)
        yield f"{operator.run}: Ctrl-C", gone
    if "suspended" in also and operator.position != Position():
        stale = replace(operator, confirmed=False)
        asleep = (*world.operators[:index], stale, *world.operators[index + 1 :])
        woken = replace(world.spend(faults=1), operators=asleep)
        yield f"{operator.run}: sleeps for minutes", woken
        yield f"{operator.run}: sleeps for hours", _released(woken, operator)


def _released(world: World, operator: Operator) -> World:
    """Both regions' locks of a run are free, released or expired."""
    for site, place in world.each():
        if place.lock == operator.run:
            world = world.put(site, replace(place, lock=None))
    return world
