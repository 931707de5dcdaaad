"""The archive has stopped: how long the data volume lasts, and where `pgtwin status` says it."""

from typing import Any

import pytest

from pgtwin.commands.site_rows import ROWS
from pgtwin.wal_room import seconds_left
from tests.pgtwin.site_parts import HOUR, parts

GIB = 1024**3
(ROW,) = [row for row in ROWS if row.label == "WAL for the archive"]


def stopped(*, segments: int, since: float, free_gib: int = 50, **others: int) -> dict[str, Any]:
    """A writer whose archive takes nothing; `others` are the volumes of other instances."""
    site = parts("primary")
    waiting = {"archive_backlog_segments": segments, "archive_wait_seconds": since}
    free = {"postgres-cluster-1": free_gib, **others}
    volumes = [
        {"pod": pod, "size_bytes": 100 * GIB, "used_bytes": (100 - gib) * GIB, "used_percent": 0.0}
        for pod, gib in free.items()
    ]
    return {**site, "postgres": {**site["postgres"], **waiting}, "volumes": volumes}


@pytest.mark.parametrize(
    ("mib_per_second", "hours"), [(16 / 60, 53.3), (5, 2.8), (20, 0.7)], ids=["rest", "5", "20"]
)
def test_the_volume_is_full_when_what_is_free_has_piled_up_at_the_rate_so_far(
    mib_per_second: float, hours: float
) -> None:
    site = stopped(segments=round(HOUR * mib_per_second / 16), since=HOUR)

    left = seconds_left(site)

    assert left is not None
    assert left / HOUR == pytest.approx(hours, abs=0.1)


def test_what_is_free_counts_where_the_leading_instance_writes() -> None:
    assert seconds_left(stopped(segments=64, since=HOUR, free_gib=50, other=1)) == 50 * HOUR


def test_the_line_of_status_has_the_number_and_the_time() -> None:
    assert ROW.read(parts("primary")) == "keeps up"
    assert ROW.read(stopped(segments=1, since=3)) == "keeps up", "one is always on its way"
    assert ROW.read(stopped(segments=64, since=HOUR)) == "64 wait, full in 2 d"
    assert ROW.read(stopped(segments=64, since=HOUR, free_gib=1)) == "64 wait, full in 60 min"
    assert ROW.read({**stopped(segments=1, since=90), "volumes": None}) == "1 waits"


def test_what_is_unknown_is_no_time() -> None:
    for part in ("volumes", "postgres"):
        assert seconds_left({**stopped(segments=9, since=HOUR), part: None}) is None
    assert ROW.read({**parts("primary"), "postgres": None}) is None
