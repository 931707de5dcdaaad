"""A WAL object in the archive is damaged, truncated or missing."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count

from drill.ground_site import NoAnswer
from drill.scenarios.bucket import Bucket
from drill.scenarios.scenario import WRITES_WHILE_HELD, Measured, Scenario, expect
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
_CURRENT = "SELECT pg_walfile_name(pg_current_wal_lsn())"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A WAL segment in the archive, and the row of which it has the commit."""

    row: str
    key: str

    @property
    def name(self) -> str:
        """Its file name, with the suffix of its compression."""
        return self.key.rsplit("/", 1)[1]


def act(stage: Stage) -> Measured:
    """Harm one segment in three ways while DR is held, and repair each from its old version."""
    bucket, bodies = stage.bucket("primary"), dict[Segment, bytes]()
    _table_on_both_sites(stage)
    try:
        with _held(stage):
            segments = [_segment(stage, name) for name in DAMAGES]
            last = _segment(stage, "after")
            bodies |= {segment: bucket.read(segment.key) for segment in segments}
            for segment, harm in zip(segments, DAMAGES.values(), strict=True):
                harm(bucket, segment.key, bodies[segment])
        if stage.twin.topology.streams:
            return _bridged(stage, [*bodies, last])
        return _repaired_one_by_one(stage, bodies, last)
    finally:
        # However it ends: whoever plays next needs an archive that can be replayed.
        for segment, body in bodies.items():
            bucket.write(segment.key, body)


def _bridged(stage: Stage, segments: Sequence[Segment]) -> Measured:
    """The writer still has what the archive lacks, and a replica that streams asks it."""
    began = time.monotonic()
    for segment in segments:
        stage.wait(partial(_has, stage, segment), REPAIRED_SECONDS, f"{segment.name} in DR")
    seconds = time.monotonic() - began
    stage.do("primary", "DROP TABLE harmed")
    return Measured(seconds=seconds, details={"by": "the stream, over the damaged archive"})


def _repaired_one_by_one(stage: Stage, bodies: dict[Segment, bytes], last: Segment) -> Measured:
    bucket, segments = stage.bucket("primary"), tuple(bodies)
    for number, (segment, name) in enumerate(zip(segments, DAMAGES, strict=True)):
        _expect_stop(stage, name, before=segments[:number], after=[*segments[number:], last])
        began = time.monotonic()
        bucket.write(segment.key, bodies[segment])
        stage.wait(partial(_has, stage, segment), REPAIRED_SECONDS, f"{name} in DR")
        seconds = time.monotonic() - began
    stage.wait(partial(_has, stage, last), REPAIRED_SECONDS, f"the rest up to {last.key}")
    stage.do("primary", "DROP TABLE harmed")
    repairs = dict(zip(DAMAGES, (segment.name for segment in segments), strict=True))
    return Measured(seconds=seconds, details={"gaps_named": repairs})


def _table_on_both_sites(stage: Stage) -> None:
    """Where DR has no such table yet, it cannot be asked which rows it has."""
    stage.do("primary", "CREATE TABLE IF NOT EXISTS harmed (name text)")
    stage.do("primary", "SELECT pg_switch_wal()")
    stage.wait(lambda: stage.ask("dr", "SELECT to_regclass('harmed')"), 300, "the table in DR")


@contextmanager
def _held(stage: Stage) -> Iterator[None]:
    """DR replays nothing meanwhile, and goes on however that ends."""
    try:
        expect(stage.verb("dr", "fence").exit_code == 0, "DR can be held")
        yield
    finally:
        unfenced = stage.verb("dr", "unfence")
    expect(unfenced.exit_code == 0, "DR can be let go")


def _segment(stage: Stage, name: str) -> Segment:
    """Write a row into one archived segment.

    A segment may end by itself between two statements. The row counts only where the same segment
    was the current one before and after its commit; else another row is written.
    """
    for attempt in count(1):
        row, begun = f"{name} {attempt}", stage.ask("primary", _CURRENT)
        stage.do("primary", "INSERT INTO harmed VALUES (%s)", row)
        if begun and begun == stage.ask("primary", _CURRENT):
            break
    stage.do("primary", "SELECT pg_switch_wal()")
    prefix = f"{stage.archive('primary')}/wals/{begun[:16]}/{begun}"
    bucket = stage.bucket("primary")
    stage.wait(lambda: bucket.keys(prefix), 60, f"{begun} in the archive")
    return Segment(row=row, key=bucket.keys(prefix)[0])


def _expect_stop(
    stage: Stage, name: str, *, before: Sequence[Segment], after: Sequence[Segment]
) -> None:
    """DR stops before the row of the first segment of `after`, and at nothing later."""
    for segment in before:
        stage.wait(partial(_has, stage, segment), 60, f"{segment.name} in DR")
    stage.wait(lambda: stage.ask("dr", "SELECT pg_is_in_recovery()"), 300, "DR to answer")
    # PostgreSQL has looked again, and still stops.
    time.sleep(2 * stage.retry_seconds() + 1)
    for segment in after:
        expect(not _count(stage, segment), f"DR stops at the segment that is {name}")


def _has(stage: Stage, segment: Segment) -> bool:
    """Whether DR has its row; not while it does not answer."""
    with suppress(NoAnswer):
        return bool(_count(stage, segment))
    return False


def _count(stage: Stage, segment: Segment) -> int:
    """How often DR has its row.

    Raises:
        NoAnswer: when it does not say.
    """
    databases = stage.twin.sites["dr"].databases
    ((found,),) = databases.rows("SELECT count(*) FROM harmed WHERE name = %s", segment.row)
    return int(found)


SCENARIO = Scenario(
    name="damaged-wal",
    sentence="A damaged, truncated or missing WAL object stops the replica at that point and "
    "nothing is skipped; once it is put back, the replica goes on within {bound}. One that streams "
    "gets it from the writer.",
    act=act,
    bound=lambda _: REPAIRED_SECONDS,
    needs=frozenset({WRITES_WHILE_HELD}),
)
