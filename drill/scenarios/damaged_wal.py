"""A WAL object in the archive is damaged, truncated or missing."""

import time
from collections.abc import Callable
from functools import partial

from drill.scenarios.bucket import Bucket
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

REPAIRED_SECONDS = 60.0
Damage = Callable[[Bucket, str, bytes], None]


def _garble(bucket: Bucket, key: str, body: bytes) -> None:
    middle = len(body) // 2
    bucket.write(key, body[:middle] + b"garbled" + body[middle + 7 :])


def _truncate(bucket: Bucket, key: str, body: bytes) -> None:
    bucket.write(key, body[: len(body) // 2])


def _remove(bucket: Bucket, key: str, _: bytes) -> None:
    bucket.delete(key)


DAMAGES: dict[str, Damage] = {"damaged": _garble, "truncated": _truncate, "missing": _remove}


def act(stage: Stage) -> Measured:
    """Harm one segment in three ways while DR is held, and repair each from its old version."""
    expect(stage.verb("dr", "fence").exit_code == 0, "DR can be held")
    numbers = {name: _segment(stage, name) for name in DAMAGES}
    last = _segment(stage, "after")
    bucket = stage.bucket("primary")
    bodies = {key: bucket.read(key) for key in numbers.values()}
    for name, key in numbers.items():
        DAMAGES[name](bucket, key, bodies[key])
    expect(stage.verb("dr", "unfence").exit_code == 0, "DR can be let go")
    repairs = {}
    for name, key in numbers.items():
        _expect_stop(stage, name)
        repairs[name] = key.rsplit("/", 1)[1]
        began = time.monotonic()
        bucket.write(key, bodies[key])
        stage.wait(partial(_has, stage, name), REPAIRED_SECONDS, f"{name} in DR")
        seconds = time.monotonic() - began
    stage.wait(lambda: _has(stage, "after"), REPAIRED_SECONDS, f"the rest up to {last}")
    stage.do("primary", "DROP TABLE harmed")
    return Measured(seconds=seconds, details={"gaps_named": repairs})


def _segment(stage: Stage, name: str) -> str:
    """Write a row into a segment of its own; the key of the archived segment."""
    stage.do("primary", "CREATE TABLE IF NOT EXISTS harmed (name text)")
    segment = stage.ask("primary", "SELECT pg_walfile_name(pg_current_wal_lsn())")
    stage.do("primary", "INSERT INTO harmed VALUES (%s)", name)
    stage.do("primary", "SELECT pg_switch_wal()")
    prefix = f"{stage.archive('primary')}/wals/{segment[:16]}/{segment}"
    bucket = stage.bucket("primary")
    stage.wait(lambda: bucket.keys(prefix), 60, f"{segment} in the archive")
    return bucket.keys(prefix)[0]


def _expect_stop(stage: Stage, name: str) -> None:
    """DR stops before the row of this segment, and at nothing later."""
    stage.wait(lambda: stage.ask("dr", "SELECT pg_is_in_recovery()"), 300, "DR to answer")
    order = list(DAMAGES)
    for earlier in order[: order.index(name)]:
        stage.wait(partial(_has, stage, earlier), 60, f"{earlier} in DR")
    # PostgreSQL has looked again, and still stops.
    time.sleep(2 * stage.retry_seconds() + 1)
    for later in (*order[order.index(name) :], "after"):
        expect(not _has(stage, later), f"DR stops at the segment that is {name}")


def _has(stage: Stage, name: str) -> bool:
    return bool(stage.ask("dr", "SELECT count(*) FROM harmed WHERE name = %s", name))


SCENARIO = Scenario(
    name="damaged-wal",
    sentence="A damaged, truncated or missing WAL object stops the replica at that point and "
    "nothing is skipped; once it is put back, the replica goes on within {bound}.",
    act=act,
    bound=lambda _: REPAIRED_SECONDS,
)
