"""One run: clients append and read, the writer changes, something else goes wrong meanwhile."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import psycopg

from drill.consistency.changes import CHANGES, Chance, Change, Standing, standing
from drill.consistency.client import CREATE, NEW_KEY, Client, read
from drill.consistency.faults import FAULTS, Fault
from drill.consistency.history import Elements, Failover, History, Operation
from drill.scenarios.stage import Stage
from drill.traffic.endpoint import Endpoint, Resolve
from topology.site import SITES, SiteName, other_site

KEYS = 3
SETTLED_SECONDS = 180.0
ANSWERS_SECONDS = 120.0
APPENDED = 10
"""Acknowledged appends before the change, and by the new writer after it."""
OBSERVER = "observer"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What a run does, drawn from its seed and from how the two sites stand."""

    change: Change
    fault: Fault
    chance: Chance

    @classmethod
    def for_run(cls, number: int, before: Standing) -> "Drawn":
        """The same for the same number and standing."""
        draws = Random(f"run {number}")  # noqa: S311 (no secret)
        change = draws.choice([each for each in CHANGES if each.before == before])
        faults = [
            each for each in FAULTS if not (each.where_both_live and change.while_a_region_is_lost)
        ]
        fault = draws.choice(faults)
        return cls(
            change=change,
            fault=fault,
            chance=Chance(draws=draws, kills_command=fault.kills_command),
        )


class Notes:
    """What all clients noted; safe to write to from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: list[Operation] = []

    def __call__(self, operation: Operation) -> None:
        """Note it."""
        with self._lock:
            self._operations.append(operation)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All so far."""
        with self._lock:
            return tuple(self._operations)

    def acknowledged(self, site: SiteName, since: float = 0.0) -> int:
        """How many appends a site acknowledged that were sent after `since`."""
        return sum(
            each.acknowledged and each.site == site and each.called >= since
            for each in self.operations
        )


def settled(stage: Stage) -> Standing:
    """How the two sites stand, once that is settled.

    Raises:
        TimeoutError: when they do not settle.
    """
    stage.wait(lambda: standing(stage), SETTLED_SECONDS, "the two sites to settle")
    found = standing(stage)
    return found if found else settled(stage)


def play(stage: Stage, number: int, drawn: Drawn, carried: Mapping[str, Elements]) -> History:
    """Play it and return what the clients were told.

    `carried` are the lists of earlier runs, which nobody appends to any more: what a failover took
    from them stays away.
    """
    notes, keys = Notes(), [f"r{number}k{each}" for each in range(1, KEYS + 1)]
    change = drawn.change
    old: SiteName = "primary" if change.before.startswith("primary") else "dr"
    with _writer(stage) as (_, connection):
        connection.execute(CREATE)
        for key in keys:
            for statement in NEW_KEY:
                connection.execute(statement, (key,))
    if change.before != "DR writes alone":
        _wait_for_keys(stage, other_site(old), keys)
    with _clients(stage, number, keys, notes):
        stage.wait(lambda: notes.acknowledged(old) >= APPENDED, ANSWERS_SECONDS, "appends")
        with drawn.fault.meanwhile(stage, drawn.chance.draws):
            failover = change.act(stage, drawn.chance)
        changed = time.monotonic()
        stage.wait(
            lambda: notes.acknowledged(change.writes, changed) >= APPENDED,
            ANSWERS_SECONDS,
            f"appends by {change.writes}",
        )
    starts: dict[str, Elements] = {**carried, **dict.fromkeys(keys, ())}
    _observe(stage, list(starts), notes)
    return History(starts=starts, operations=notes.operations, failover=_until(failover, changed))


def _until(failover: Failover | None, changed: float) -> Failover | None:
    return None if failover is None else replace(failover, ended=max(failover.ended, changed))


@contextmanager
def _clients(stage: Stage, number: int, keys: Sequence[str], notes: Notes) -> Iterator[None]:
    """Two that follow the writer's name, and one per site that never leaves it."""
    twin = stage.twin
    ways: dict[str, Resolve] = {
        "first": twin.resolve,
        "second": twin.resolve,
        **{f"pinned to {site}": _only(stage, site) for site in SITES},
    }
    with ExitStack() as stack:
        for name, resolve in ways.items():
            seed = f"run {number}"
            client = Client(name=name, resolve=resolve, keys=keys, seed=seed, note=notes)
            stack.enter_context(client)
        yield


def _only(stage: Stage, site: SiteName) -> Resolve:
    return lambda: stage.twin.endpoint(site)


def _wait_for_keys(stage: Stage, replica: SiteName, keys: Sequence[str]) -> None:
    count = "SELECT count(*) FROM registers WHERE key = ANY(string_to_array(%s, ','))"
    stage.wait(
        lambda: stage.ask(replica, count, ",".join(keys)) == len(keys),
        SETTLED_SECONDS,
        f"{replica} to receive the keys",
    )


def _observe(stage: Stage, keys: Sequence[str], notes: Notes) -> None:
    """Read every key once more from the writer, with nobody else about."""
    with _writer(stage) as (endpoint, connection):
        for key in keys:
            notes(read(connection, endpoint, OBSERVER, key, on_replica=False))


@contextmanager
def _writer(stage: Stage) -> Iterator[tuple[Endpoint, psycopg.Connection[Any]]]:
    """A connection by the writer's name, which may lead nowhere for a while."""
    found: list[tuple[Endpoint, psycopg.Connection[Any]]] = []

    def connects() -> bool:
        endpoint = stage.twin.resolve()
        if endpoint is not None:
            with suppress(psycopg.OperationalError):
                found.append((endpoint, endpoint.connect()))
        return bool(found)

    stage.wait(connects, ANSWERS_SECONDS, "the writer to answer by its name")
    endpoint, connection = found[0]
    with connection:
        yield endpoint, connection
