"""Who may take over, and what has to be confirmed before."""

from dataclasses import replace

import pytest

from pgtwin.failover_check import why_not
from pgtwin.record import Record
from pgtwin.site_state import SiteState

REPLICA = SiteState(
    site="dr",
    role="replica",
    accepts_writes=False,
    healthy=True,
    fenced=False,
    following=True,
    server_name="d",
)
WRITER = replace(REPLICA, role="writer", accepts_writes=True)


def record(token: str | None) -> Record:
    return Record(epoch=3, writer="dr", server_names={"primary": "p", "dr": "d"}, token=token)


@pytest.mark.parametrize("copy", [None, record("a token"), record("")])
def test_a_writer_by_a_hand_over_or_from_the_beginning_is_not_failed_over_to(
    copy: Record | None,
) -> None:
    problem = why_not(WRITER, copy)

    assert problem is not None
    assert "nothing to fail over" in problem


def test_a_failover_that_was_cut_after_its_promotion_may_go_on() -> None:
    assert why_not(WRITER, record(None)) is None


@pytest.mark.parametrize("waiting", [REPLICA, replace(WRITER, accepts_writes=False)])
def test_a_replica_may_take_over_and_so_may_a_site_that_waits_for_the_last_wal(
    waiting: SiteState,
) -> None:
    assert why_not(waiting, record("a token")) is None


def test_a_loss_is_rounded_up() -> None:
    assert str(replace(REPLICA, heartbeat_age_seconds=59.2).loss) == "at most 60 s"
    assert str(REPLICA.loss) == "an unknown amount"
