"""There is no slot between the regions: a follower that was away for long, on real PostgreSQL."""

import pytest

from drill.operator.instance import Instance
from drill.waiting import wait_for
from tests.host.decisions.servers import archiving, look_at, servers


@pytest.mark.parametrize("kept", ["0", "512MB"], ids=["nothing is kept", "all is kept"])
def test_what_the_writer_keeps_no_more_comes_from_the_archive_and_then_the_stream(
    tmp_path_factory: pytest.TempPathFactory, kept: str
) -> None:
    folder = tmp_path_factory.mktemp("away")
    settings = {**archiving(folder), "wal_keep_size": kept, "min_wal_size": "32MB"}
    with servers(folder, "primary-1", "dr-1", **settings) as (writer, follower):
        wait_for(lambda: bool(look_at(writer).standbys.receivers), 60, "the follower to stream")
        follower.crash()
        lacks = writer.value("SELECT pg_walfile_name(pg_current_wal_lsn())")
        _write(writer)
        assert (writer.pgdata / "pg_wal" / lacks).exists() is (kept != "0")

        follower.start()

        wait_for(lambda: bool(look_at(writer).standbys.receivers), 60, "the stream")
        writer.query("CREATE TABLE streamed ()")
        arrived = "SELECT count(*) FROM pg_class WHERE relname IN ('written', 'streamed')"
        wait_for(lambda: follower.value(arrived) == 2, 60, "all that was written")


def _write(writer: Instance) -> None:
    """More than is kept beside `wal_keep_size`."""
    writer.query("CREATE TABLE written ()")
    for _ in range(6):
        writer.query("SELECT pg_logical_emit_message(true, '', ''), pg_switch_wal()")
    archived = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
    wait_for(lambda: writer.value(archived) == 0, 60, "everything to be archived")
    for _ in range(2):
        writer.query("CHECKPOINT")
