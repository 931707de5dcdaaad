"""What else goes wrong while the writer changes, as data: a name, and what is done meanwhile."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass

from drill.failure_modes import MODES
from drill.ground_site import NoAnswer
from drill.scenarios.stage import Stage
from topology.site import SITES, SiteName

Meanwhile = Callable[[Stage, random.Random], AbstractContextManager[None]]
EVERY_SECONDS = 1.5
LASTS_SECONDS = 6.0
_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_CRASH = """
DO $$ BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'kill -9 ' || pg_backend_pid()); END $$
"""
"""A backend that dies of a signal: PostgreSQL ends every session and recovers from its WAL."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """From `__enter__` to `__exit__` of what `meanwhile` makes."""

    name: str
    meanwhile: Meanwhile
    kills_command: bool = False
    """Whether `pgtwin` is killed once as well, at any step, and repeated."""
    where_both_live: bool = False
    """Whether it only makes sense while no region is lost."""


@contextmanager
def _again_and_again(act: Callable[[], object]) -> Iterator[None]:
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(EVERY_SECONDS):
            with suppress(NoAnswer):
                act()

    thread = threading.Thread(target=repeat, name="fault", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _sessions_end(stage: Stage, _: random.Random) -> AbstractContextManager[None]:
    return _again_and_again(lambda: [stage.ask(site, _END_SESSIONS) for site in SITES])


@contextmanager
def _crash(stage: Stage, chance: random.Random) -> Iterator[None]:
    """On one of the two sites, once, at any time of the first seconds."""
    site: SiteName = chance.choice(SITES)
    timer = threading.Timer(chance.uniform(0, LASTS_SECONDS), _crash_now, (stage, site))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _crash_now(stage: Stage, site: SiteName) -> None:
    with suppress(NoAnswer):
        stage.do(site, _CRASH)


@contextmanager
def _archive_refuses(stage: Stage, _: random.Random) -> Iterator[None]:
    """The archive of the site that writes takes nothing for some seconds."""
    site: SiteName = "primary" if stage.twin.home().startswith("the primary") else "dr"
    bucket, prefix = stage.bucket(site), f"{stage.archive(site)}/wals/"
    stage.twin.ground.cloud.throttle(bucket.name, prefix, seconds=LASTS_SECONDS)
    try:
        yield
    finally:
        stage.twin.ground.cloud.throttle(bucket.name, prefix, seconds=0)


@contextmanager
def _region_fails(stage: Stage, chance: random.Random) -> Iterator[None]:
    """The primary's services fail for some seconds, in any mode; its machines live."""
    ground, mode = stage.twin.ground, chance.choice(MODES)
    healing = threading.Timer(LASTS_SECONDS, stage.twin.heal, ("primary",))
    healing.daemon = True
    ground.endpoints.fail(stage.twin.topology.primary.region, mode)
    ground.cut("primary", mode)
    healing.start()
    try:
        yield
    finally:
        healing.cancel()
        healing.join()
        stage.twin.heal("primary")


def _nothing(_: Stage, __: random.Random) -> AbstractContextManager[None]:
    return nullcontext()


FAULTS = (
    Fault(name="none", meanwhile=_nothing),
    Fault(name="sessions end", meanwhile=_sessions_end),
    Fault(name="PostgreSQL crashes", meanwhile=_crash),
    Fault(name="archive refuses", meanwhile=_archive_refuses, where_both_live=True),
    Fault(name="region fails", meanwhile=_region_fails, where_both_live=True),
    Fault(name="pgtwin killed", meanwhile=_nothing, kills_command=True),
)
