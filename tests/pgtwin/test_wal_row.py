"""The archive has stopped: where `pgtwin status` says how long the data volume lasts."""

from typing import Any

from pgtwin.commands.site_rows import ROWS
from tests.pgtwin.site_parts import HOUR, parts

(ROW,) = [row for row in ROWS if row.label == "WAL for the archive"]


def stopped(*, segments: int, since: float, hours: float | None) -> dict[str, Any]:
    site = parts("primary")
    waiting = {"archive_backlog_segments": segments, "archive_wait_seconds": since}
    return {**site, "postgres": {**site["postgres"], **waiting}, "wal_hours_left": hours}


def test_the_line_of_status_has_the_number_and_the_time() -> None:
    assert ROW.read(parts("primary")) == "keeps up"
    assert ROW.read(stopped(segments=1, since=3, hours=1000)) == "keeps up"
    assert ROW.read(stopped(segments=64, since=HOUR, hours=50)) == "64 wait, full in 2 d"
    assert ROW.read(stopped(segments=64, since=HOUR, hours=1)) == "64 wait, full in 60 min"


def test_what_is_unknown_is_no_time() -> None:
    assert ROW.read(stopped(segments=1, since=90, hours=None)) == "1 waits"
    older = stopped(segments=1, since=90, hours=None)
    del older["wal_hours_left"]
    assert ROW.read(older) == "1 waits", "machines of an older release do not say it"
    assert ROW.read({**parts("primary"), "postgres": None}) is None
