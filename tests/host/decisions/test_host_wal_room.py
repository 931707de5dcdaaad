"""The archive has stopped: how long the data volume lasts."""

from dataclasses import replace

import pytest

from host.evidence.status_document import VolumeStatus
from host.evidence.wal_room import NO_END, hours_left
from tests.host.decisions.examples import postgres

GIB = 1024**3
HOUR = 3600.0
WRITER = postgres(in_recovery=False)


def volume(pod: str, free_gib: int) -> VolumeStatus:
    used = (100 - free_gib) * GIB
    return VolumeStatus(pod=pod, size_bytes=100 * GIB, used_bytes=used, used_percent=0.0)


def left(*, segments: int, since: float, free_gib: int = 50, others: int = 90) -> float | None:
    stopped = replace(WRITER, archive_backlog_segments=segments, archive_wait_seconds=since)
    return hours_left(stopped, [volume("pg-1", free_gib), volume("pg-2", others)], "pg-1")


@pytest.mark.parametrize(
    ("mib_per_second", "hours"), [(16 / 60, 53.3), (5, 2.8), (20, 0.7)], ids=["rest", "5", "20"]
)
def test_the_volume_is_full_when_what_is_free_has_piled_up_at_the_rate_so_far(
    mib_per_second: float, hours: float
) -> None:
    found = left(segments=round(HOUR * mib_per_second / 16), since=HOUR)

    assert found == pytest.approx(hours, abs=0.1)


def test_what_is_free_counts_where_the_leading_instance_writes() -> None:
    assert left(segments=64, since=HOUR, free_gib=50, others=1) == 50


def test_the_fullest_volume_counts_where_nobody_knows_who_leads() -> None:
    stopped = replace(WRITER, archive_backlog_segments=64, archive_wait_seconds=HOUR)

    assert hours_left(stopped, [volume("pg-1", 50), volume("pg-2", 7)], None) == 7


def test_an_archive_that_keeps_up_has_no_end_in_sight_and_a_number_all_the_same() -> None:
    assert left(segments=0, since=0) == NO_END
    assert left(segments=3, since=59) == NO_END, "they are on their way"
    assert left(segments=1, since=1e9) == NO_END, "at most"


def test_a_full_volume_has_no_hour_left() -> None:
    assert left(segments=64, since=HOUR, free_gib=0) == 0


def test_what_is_unknown_is_no_number() -> None:
    assert hours_left(None, [volume("pg-1", 50)], "pg-1") is None
    assert hours_left(WRITER, None, "pg-1") is None
    assert hours_left(WRITER, [], "pg-1") is None
