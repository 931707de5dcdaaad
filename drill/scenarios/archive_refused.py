"""The archive takes no writes for a while."""

import time

from drill.ground import REFUSED_SECONDS
from drill.scenarios.scenario import Measured, Scenario, archive_bound
from drill.scenarios.stage import Stage

DRAIN_SECONDS = 15.0
"""Beyond the bound on the archive: PostgreSQL's archiver gives up after three tries, and begins
again with the next segment or after a minute (src/backend/postmaster/pgarch.c)."""
RAISED_SECONDS = 60.0
_BACKLOG = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"


def act(stage: Stage) -> Measured:
    """Throttle every write to the archive, keep committing, and drain afterwards."""
    bucket, prefix = stage.bucket("primary"), f"{stage.archive('primary')}/wals/"
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 10)
        with bucket.refusing(prefix):
            count, end = writer.acknowledgements.count, time.monotonic() + REFUSED_SECONDS
            while time.monotonic() < end:
                time.sleep(2)
                stage.do("primary", "SELECT pg_switch_wal()")
            # Neither a commit nor the archiver's next attempt comes at once on a busy machine.
            stage.wait(lambda: _raised(stage), RAISED_SECONDS, "the alarm's metric to rise")
            stage.wait_for_rows(writer, count + 10)
            alarm = stage.host_status("primary", "postgres")
            committed = writer.acknowledgements.count - count
            backlog = int(stage.ask("primary", _BACKLOG) or 0)
        drained = stage.wait(lambda: stage.ask("primary", _BACKLOG) == 0, 300, "the backlog")
        newest = writer.acknowledgements.newest
    stage.wait(lambda: stage.newest("dr", writer) >= newest, 300, "the rows in DR")
    comparison = stage.compare(writer, "primary")
    return Measured(
        seconds=drained,
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={
            "refused_seconds": REFUSED_SECONDS,
            "committed_meanwhile": committed,
            "backlog_segments": backlog,
            "metrics": {
                "ArchiveFailed": alarm["archive_failed"],
                "ArchiveBacklogSegments": alarm["archive_backlog_segments"],
            },
        },
    )


def _raised(stage: Stage) -> bool:
    status = stage.host_status("primary", "postgres")
    return bool(status["archive_failed"] or status["archive_backlog_segments"])


SCENARIO = Scenario(
    name="archive-refused",
    sentence="While the archive refuses writes the primary keeps committing and the alarm's metric "
    "rises; afterwards the backlog drains within {bound} without a loss.",
    act=act,
    repeatable=True,
    needs=frozenset({"refused writes"}),
    bound=lambda topology: archive_bound(topology) + DRAIN_SECONDS,
)
