"""What `wal_keep_size` keeps on a real PostgreSQL, and what the tables make of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.measured.document import Measured
from drill.measured.streamed_wal import SEGMENT_MIB, archive_timeouts, kept_wal
from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN, Processes
from topology.load import KNOWN_GOOD, load

KEPT_SEGMENTS = 4
SETTINGS = {
    "wal_keep_size": f"{KEPT_SEGMENTS * SEGMENT_MIB}MB",
    "min_wal_size": f"{2 * SEGMENT_MIB}MB",
    "max_wal_size": f"{2 * SEGMENT_MIB}MB",
    "fsync": "off",
}
BEHIND = """
SELECT ('x' || right(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
  - min(('x' || right(name, 8))::bit(32)::int) FROM pg_ls_waldir()
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Instance]:
    with Processes(tmp_path / "instances") as processes:
        made = Instance(
            name="writer",
            directory=processes.directory / "writer",
            sockets=tmp_path,
            environment={},
            processes=processes,
        )
        made.begin()
        initdb = [str(POSTGRES_BIN / "initdb"), "--pgdata", str(made.pgdata)]
        made.run([*initdb, "--username=postgres", "--no-sync", "--auth=trust"])
        where = {"unix_socket_directories": str(tmp_path), "port": str(made.port)}
        lines = [f"{name} = '{value}'\n" for name, value in {**SETTINGS, **where}.items()]
        (made.pgdata / "postgresql.conf").write_text("".join(lines), encoding="utf-8")
        made.start()
        yield made
        made.crash()


def test_a_segment_that_was_closed_early_counts_whole(writer: Instance) -> None:
    """So a writer at rest, which closes one per archive timeout, keeps a time and not a size."""
    writer.query("CREATE TABLE beats (at timestamptz)")
    for _ in range(3 * KEPT_SEGMENTS):
        writer.query("INSERT INTO beats VALUES (now())")
        writer.query("SELECT pg_switch_wal()")
        writer.query("CHECKPOINT")

    assert writer.value(BEHIND) == KEPT_SEGMENTS


def test_the_longest_absence_is_what_is_kept_by_what_is_written() -> None:
    database = load(KNOWN_GOOD).database

    rows = {cells[0].strip("*"): cells[1:] for cells in kept_wal(database, Measured.read())}

    assert database.archive_timeout_seconds == 60
    assert rows["512 MB"][:3] == ["5.0%", "32.0 min", "8.5 min"], "32 segments of a minute each"


def test_the_chosen_archive_timeout_is_told_with_what_it_costs_and_bounds() -> None:
    topology = load(KNOWN_GOOD)

    _, *rows = archive_timeouts(topology)

    (chosen,) = (row for row in rows if row[0].startswith("**"))
    assert chosen == ["**60 s**", "43,800", "0.45", "up to 70 s"], "730 hours of 60 minutes"
