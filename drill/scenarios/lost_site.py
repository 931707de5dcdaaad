"""The loss of a site in the middle of traffic, and its measurement; two scenarios share it."""

import random
import time
from collections.abc import Callable

from drill.scenarios import promise
from drill.scenarios.applications import applications
from drill.scenarios.loss import Loss
from drill.scenarios.scenario import archive_bound
from drill.scenarios.stage import Stage
from drill.scenarios.watch import Watch
from drill.traffic.acknowledgements import first_by
from drill.traffic.arrivals import Arrival, lags_seconds
from drill.traffic.writer import Writer

DETECTION_SECONDS = 3.0
"""A watcher that asks once a second believes in a loss after three failures in a row."""
STREAMS = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"
HEARTBEAT_SECONDS = 60.0
"""`pgtwin` bounds the loss by the age of the newest heartbeat, which is written once a minute."""
WRITABLE_SECONDS = 120.0


def lose(stage: Stage, cut: Callable[[], float], mode: str) -> Loss:
    """Write, cut at a random moment, fail over with `pgtwin`, and compare."""
    with (
        stage.writer() as writer,
        applications(stage, "dr") as pools,
        Watch(stage, writer) as watch,
    ):
        _await_replica(stage, watch)
        time.sleep(random.uniform(0, stage.twin.archive_timeout_seconds))  # noqa: S311
        streamed, promised = _streams(stage), promise.holds(stage, "primary")
        cut_at = cut()
        stage.tell("cut")
        stage.wait(lambda: _seems_lost(writer), 60, "the loss to be noticed")
        detected = time.time()
        # A person would look and think here; the drill decides at once, and says so.
        decided = time.time()
        stage.tell("failover")
        limit = HEARTBEAT_SECONDS + archive_bound(stage.twin.topology) + DETECTION_SECONDS
        stage.twin.pgtwin("failover", "--to", "dr", "--yes-lose-up-to", f"{limit:g}s")
        stage.wait(lambda: _first_write(writer), WRITABLE_SECONDS, "a write in DR")
        first_write = _first_write(writer) or time.time()
        returned = pools.await_writes("dr", since=cut_at)
        stage.wait(lambda: watch.promoted_at, 30, "a look at the promoted database")
    return Loss(
        mode=mode,
        started=watch.started,
        cut=cut_at,
        detected=detected,
        decided=decided,
        promoted=min(watch.promoted_at or first_write, first_write),
        first_write=first_write,
        pools_pauses_seconds=pools.why_none or returned,
        comparison=stage.compare(writer, "dr"),
        lags_seconds=_lags_seconds(watch, writer, cut_at),
        samples=tuple(watch.samples),
        streamed=streamed,
        promised=promised,
        acknowledged_up_to=watch.acknowledged_up_to,
    )


def _await_replica(stage: Stage, watch: Watch) -> None:
    """Until DR follows as configured."""
    stage.wait(lambda: watch.replayed, 300, "the first rows in DR")
    stage.wait(lambda: _streams(stage) is not False, 60, "DR to stream")
    stage.wait(
        lambda: promise.holds(stage, "primary") is not False,
        promise.HELD_SECONDS,
        "commits to wait for DR",
    )


def _streams(stage: Stage) -> bool | None:
    """Whether DR streams now; None where only archives are read."""
    return bool(stage.ask("dr", STREAMS)) if stage.twin.topology.streams else None


def _seems_lost(writer: Writer) -> bool:
    since = writer.failing_since
    return since is not None and time.time() - since >= DETECTION_SECONDS


def _lags_seconds(watch: Watch, writer: Writer, cut_at: float) -> list[float]:
    looks = [
        Arrival(at=watch.started + sample.at_seconds, newest=sample.replayed or 0)
        for sample in watch.samples
    ]
    before = [look for look in looks if look.at < cut_at]
    return lags_seconds(writer.acknowledgements.rows, before)


def _first_write(writer: Writer) -> float | None:
    first = first_by("dr", writer.acknowledgements.rows)
    return first.at if first else None
