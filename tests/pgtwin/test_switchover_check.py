"""When a switchover does not begin."""

from dataclasses import replace

import pytest

from pgtwin.site_state import SiteState
from pgtwin.switchover_check import why_not
from tests.pgtwin.test_fork import RECORD, WRITER, state

REPLICA = state("dr", lsn="0/9000000")
WAITS = "WAL segments that wait for it: 900, for 700 s at most; the last attempt failed"


def test_a_switchover_does_not_begin_while_the_writers_archive_does_not_keep_up() -> None:
    assert why_not(RECORD, old=WRITER, new=REPLICA) is None

    said = why_not(RECORD, old=replace(WRITER, archive_slow=WAITS), new=REPLICA)

    assert WAITS in str(said)


@pytest.mark.parametrize(
    "writer",
    [
        replace(WRITER, archive_slow=WAITS),
        replace(WRITER, commits_stalled=WAITS),
        replace(WRITER, backup_running=True),
    ],
    ids=["its archive is slow", "commits hang", "a backup runs"],
)
def test_no_failover_is_named_to_who_wants_to_leave_a_writer_that_is_not_lost(
    writer: SiteState,
) -> None:
    said = why_not(RECORD, old=writer, new=REPLICA)

    assert said
    assert "failover" not in said


def test_a_switchover_that_has_demoted_the_old_writer_goes_on_whatever_its_archive_does() -> None:
    demoted = replace(WRITER, role="replica", archive_slow=WAITS)

    assert why_not(RECORD, old=demoted, new=REPLICA) is None


def test_a_writer_whose_archive_a_failover_closed_is_sent_to_the_command_that_opens_it() -> None:
    said = why_not(RECORD, old=replace(WRITER, fenced=True), new=REPLICA)

    assert str(said).endswith("run: pgtwin record --writer primary")
