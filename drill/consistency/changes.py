"""The changes of the writer, as data: from where, what happens, and what a failover said."""

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from drill.consistency.history import Failover
from drill.failure_modes import MODES
from drill.pgtwin_command import CommandRefused
from drill.scenarios.failback import RETURNED_SECONDS
from drill.scenarios.stage import Stage
from topology.site import SiteName, other_site

Standing = Literal["primary writes, DR follows", "DR writes, primary follows", "DR writes alone"]
PATIENCE_SECONDS = 420.0
"""How long a command is repeated that did not end well; each time it says that this is safe."""
PAUSE_SECONDS = 3.0
BACKUP_SECONDS = 300.0
LIMIT = "10m"
_KILLED_AFTER_SECONDS = (0.5, 12.0)
_BEHIND_THE_FENCE = re.compile(
    r"^(\d\d:\d\d:\d\d)  measure again: begun\n(?:.*\n)*?after fencing: at most (\d+) s", re.M
)
_HELD = re.compile(r"is locked by .*\((switchover --to \w+)\)")


@dataclass(frozen=True, kw_only=True)
class Chance:
    """What is drawn for one run, the same for the same seed."""

    draws: random.Random
    kills_command: bool = False
    """Whether `pgtwin` is killed once, at any step, and repeated."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One way in which the writer, or who follows it, changes."""

    name: str
    before: Standing
    act: Callable[[Stage, Chance], Failover | None]
    writes: SiteName
    """Who writes afterwards."""
    while_a_region_is_lost: bool = False


def standing(stage: Stage) -> Standing | None:
    """How the two sites stand; None while that is changing."""
    recovers = {site: stage.ask(site, "SELECT pg_is_in_recovery()") for site in ("primary", "dr")}
    found: dict[tuple[bool | None, bool | None], Standing] = {
        (False, True): "primary writes, DR follows",
        (True, False): "DR writes, primary follows",
        (None, False): "DR writes alone",
    }
    return found.get((recovers["primary"], recovers["dr"]))


def _switchover(stage: Stage, chance: Chance, *, to: SiteName) -> None:
    old = other_site(to)
    stage.wait(lambda: not stage.backs_up(old), BACKUP_SECONDS, f"no base backup on {old}")
    _insist(stage, chance, "switchover", "--to", to)


def _lose_region(stage: Stage, chance: Chance) -> Failover:
    return _failover(
        stage,
        chance,
        lambda: stage.twin.lose_region("primary", chance.draws.choice(MODES)),
    )


def _lose_machines(stage: Stage, chance: Chance) -> Failover:
    return _failover(stage, chance, lambda: stage.twin.lose_machines("primary"))


def _failover(stage: Stage, chance: Chance, lose: Callable[[], object]) -> Failover:
    """Behind a fresh heartbeat, so that the tail that may be lost is short."""
    stage.verb("primary", "report")
    time.sleep(chance.draws.uniform(0, 2 * stage.twin.archive_timeout_seconds))
    began = time.monotonic()
    lose()
    _insist(stage, chance, "failover", "--to", "dr", "--yes-lose-up-to", LIMIT)
    log = (stage.twin.work / "pgtwin.log").read_text(encoding="utf-8")
    return Failover(
        to="dr",
        began=began,
        ended=time.monotonic(),
        lost_since=time.monotonic() - tail_seconds(log, datetime.now(UTC)),
    )


def _failback(stage: Stage, chance: Chance, *more: str) -> None:
    site = stage.twin.sites["primary"]
    if not site.powered:
        stage.twin.heal("primary")
        site.power_on()
    stage.wait(lambda: stage.cluster("primary"), RETURNED_SECONDS, "the primary's API to answer")
    cluster = stage.twin.topology.primary.cluster
    _insist(stage, chance, "failback", "--site", "primary", "--yes-delete", cluster, *more)


def _insist(stage: Stage, chance: Chance, *arguments: str) -> None:
    """Run the command until it is done, as a person would who is told that this is safe.

    The second half of a failback is a switchover: where that was killed it holds the lock, which
    names it, and it is repeated instead.

    Raises:
        CommandRefused: when it never is.
    """
    pgtwin, deadline = stage.twin.pgtwin, time.monotonic() + PATIENCE_SECONDS
    seconds = chance.draws.uniform(*_KILLED_AFTER_SECONDS)
    killed = replace(pgtwin, start=lambda words: _killed(pgtwin.start(words), seconds))
    run = killed if chance.kills_command else pgtwin
    while True:
        try:
            run(*arguments)
        except CommandRefused as refused:
            stage.tell(str(refused))
            if time.monotonic() > deadline:
                raise
            held = _HELD.search(str(refused))
            arguments = tuple(held[1].split()) if held else arguments
            time.sleep(PAUSE_SECONDS)
            run = pgtwin
        else:
            return


def _killed(words: Sequence[str], seconds: float) -> list[str]:
    return ["timeout", "--signal=KILL", f"{seconds:.1f}", *words]


def tail_seconds(log: str, now: datetime) -> float:
    """How long ago the tail began that the last failover in `pgtwin`'s log said would be lost."""
    found = _BEHIND_THE_FENCE.findall(log)
    if not found:
        raise LookupError("the failover did not say what it would lose")
    at, seconds = found[-1]
    hours, minutes, rest = map(int, at.split(":"))
    measured = now.replace(hour=hours, minute=minutes, second=rest, microsecond=0)
    ago = (now - measured) % timedelta(days=1)
    return ago.total_seconds() + float(seconds)


CHANGES = (
    Change(
        name="switchover to dr",
        before="primary writes, DR follows",
        act=partial(_switchover, to="dr"),
        writes="dr",
    ),
    Change(
        name="switchover to primary",
        before="DR writes, primary follows",
        act=partial(_switchover, to="primary"),
        writes="primary",
    ),
    Change(
        name="failover, region lost",
        before="primary writes, DR follows",
        act=_lose_region,
        writes="dr",
        while_a_region_is_lost=True,
    ),
    Change(
        name="failover, machines lost",
        before="primary writes, DR follows",
        act=_lose_machines,
        writes="dr",
        while_a_region_is_lost=True,
    ),
    Change(
        name="failback",
        before="DR writes alone",
        act=_failback,
        writes="primary",
        while_a_region_is_lost=True,
    ),
    Change(
        name="failback, stay",
        before="DR writes alone",
        act=lambda stage, chance: _failback(stage, chance, "--stay"),
        writes="dr",
        while_a_region_is_lost=True,
    ),
)
