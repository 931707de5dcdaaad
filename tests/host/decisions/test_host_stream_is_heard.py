"""What counts as a stream on real PostgreSQL: a message of the writer, not a login."""

import pytest

from drill.operator.instance import Instance
from drill.waiting import wait_for
from tests.host.decisions.servers import look_at, servers

RECEIVER = "SELECT min(pid) FROM pg_stat_wal_receiver WHERE status = 'streaming'"


def test_a_receiver_that_has_logged_in_again_and_heard_nothing_is_no_stream(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The writer has nothing to send and says not even that it lives; what it announced before is
    still shown.
    """
    with servers(tmp_path_factory.mktemp("heard"), "writer", "dr", wal_sender_timeout="0") as made:
        writer, dr = made
        writer.query("CREATE TABLE said (n integer)")
        wait_for(lambda: look_at(dr).stream is not None, 30, "a message of the writer")
        heard = look_at(dr).stream

        # The writer's own housekeeping may say something in between.
        wait_for(lambda: is_silent(writer, dr), 60, "a receiver that heard nothing to be told")

    assert heard is not None
    assert heard.complete_age_seconds is not None


def receiver(dr: Instance) -> int | None:
    found: int | None = dr.value(RECEIVER)
    return found


def is_silent(writer: Instance, dr: Instance) -> bool:
    """Log in again at the begin of a segment, where nothing is sent; whether no stream is seen."""
    writer.query("SELECT pg_switch_wal()")
    there = writer.value("SELECT pg_current_wal_flush_lsn()")
    wait_for(lambda: dr.value(f"SELECT pg_last_wal_replay_lsn() >= '{there}'"), 30, "the switch")
    before = receiver(dr)
    writer.query("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
    wait_for(lambda: receiver(dr) not in (None, before), 30, "another receiver")
    return look_at(dr).stream is None
