"""Every state that two sites, operators and bad luck can reach; or the first broken promise."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pgtwin.execute import advance
from pgtwin.failback import failback
from pgtwin.failover import failover
from pgtwin.plan import Plan
from pgtwin.release import release
from pgtwin.run import Run
from pgtwin.switchover import switchover
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_site import Cell, ModelSite, deliver
from tests.pgtwin.model.oracle import Crash, Oracle
from tests.pgtwin.model.world import NAMES, Command, Operator, World, broken_promise, other
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
COMMANDS: tuple[Command, ...] = tuple((what, site) for what in PLANS for site in SITES)


@dataclass
class Found:
    """What a search came to."""

    states: int
    problem: str = ""
    way: tuple[str, ...] = ()


class Silence:
    """A journal that forgets."""

    def note(self, step: str, event: str, detail: str = "") -> None:
        pass


class ModelClock:
    """Any wait ends at its deadline; replicas replay and demotions end meanwhile."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(days=1)
        for site in SITES:
            world = host_rules.end_demotion(self._cell.world, site)
            self._cell.world = host_rules.replay(world, site)


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
                return Found(len(came_from), problem, _way(came_from, after))
            queue.append(after)
    return Found(len(came_from))


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
    if not world.budget.commands or len(world.operators) > 1:
        return
    run = f"op{world.budget.commands}"
    for command in commands:
        after = replace(world.spend(commands=1), said_to_write=None)
        operators = (*world.operators, Operator(run, command))
        yield f"{run}: {' '.join(command)}", replace(after, operators=operators)


def _steps(world: World, index: int, operator: Operator) -> Iterator[Move]:
    scripts: list[tuple[int, ...]] = [()]
    while scripts:
        oracle = Oracle(scripts.pop(), world.budget.faults)
        after, what = take_step(world, index, operator, oracle)
        scripts += oracle.alternatives()
        yield f"{operator.run}: {what}", after


def take_step(world: World, index: int, operator: Operator, oracle: Oracle) -> tuple[World, str]:
    """The operator's command takes its next step."""
    cell = Cell(world, oracle)
    run = _run(cell, operator)
    plan = PLANS[operator.command[0]](run, operator.command[1])
    needed = SITES if operator.command[0] != "failover" else (operator.command[1],)
    steps = plan.way_back if operator.position.turned_back else plan.steps
    what = steps[operator.position.index].name
    others = world.operators[:index] + world.operators[index + 1 :]
    try:
        position = advance(plan, operator.position, lambda: run.hold_lock(needed), Silence())
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
            confirmed=run.confirmed_at is not None,
            was_replica=run.was_replica,
            given_token=run.given_token,
        )
        others = (*world.operators[:index], there, *world.operators[index + 1 :])
    after = _spent(cell, oracle, world, others)
    return _judge(after, operator, position.outcome), f"{what}: {position.outcome or 'goes on'}"


def _judge(world: World, operator: Operator, outcome: str | None) -> World:
    """What a command claims at its end has to be so."""
    what, site = operator.command
    promotes = what in ("switchover", "failover")
    if outcome == "done" and promotes and not (world.place(site).accepts or world.place(site).cut):
        return replace(world, problem=f"{what} said done, but {site} accepts no writes")
    if outcome == "turned back" and not world.place(other(site)).accepts:
        return replace(world, problem="turned back, but the old writer accepts no writes")
    if outcome == "turned back":
        return replace(world, said_to_write=other(site))
    return world


def _spent(cell: Cell, oracle: Oracle, before: World, operators: tuple[Operator, ...]) -> World:
    used = before.budget.faults - oracle.faults
    return replace(cell.world.spend(faults=used), operators=operators)


def _run(cell: Cell, operator: Operator) -> Run:
    def confirm(text: str, word: str) -> None:
        cell.world = replace(cell.world, confirmed=word)

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
        confirmed_at=NOW if operator.confirmed else None,
        was_replica=operator.was_replica,
        given_token=operator.given_token,
    )


def _life(world: World) -> Iterator[Move]:
    """What happens without anything being wrong."""
    for site, place in world.each():
        if place.accepts and world.budget.rows:
            row = 10 - world.budget.rows
            after = world.put(site, replace(place, rows=(*place.rows, row)))
            truth = world.truth if place.isolated else (*world.truth, row)
            yield f"{site}: write", replace(after.spend(rows=1), truth=truth)
        if place.accepts and place.archives and place.archived != place.rows:
            yield f"{site}: archive", world.put(site, replace(place, archived=place.rows))
        for what, after in (
            ("replay", host_rules.replay(world, site)),
            ("token", host_rules.end_demotion(world, site)),
            ("apply", host_rules.keep_the_record(world, site) if place.up else world),
        ):
            if after != world:
                yield f"{site}: {what}", after
    for message in world.late:
        yield f"late {message[1]} at {message[0]}", deliver(world, message)


def _trouble(world: World) -> Iterator[Move]:
    for index, operator in enumerate(world.operators):
        if world.budget.faults:
            gone = world.operators[:index] + world.operators[index + 1 :]
            yield f"{operator.run}: killed", replace(world.spend(faults=1), operators=gone)
    for site, place in world.each():
        if place.cut:
            yield f"{site}: region back", world.put(site, replace(place, cut=False))
        elif world.budget.cuts:
            isolated = place.isolated or place.fence_tried
            cut = world.put(site, replace(place, cut=True, isolated=isolated)).spend(cuts=1)
            yield f"{site}: region lost", cut
            yield (
                f"{site}: region and machines lost",
                cut.put(site, replace(cut.place(site), up=False)),
            )
        if not place.up and world.budget.faults:
            yield f"{site}: machines start", host_rules.boot(world, site).spend(faults=1)
        if place.lock is not None and world.budget.faults:
            free = world.put(site, replace(place, lock=None))
            yield f"{site}: lock expires", free.spend(faults=1)
