"""What an application may see while certificates are reissued."""

import psycopg
import pytest

from drill.scenarios.new_certificates import expect_no_end
from drill.scenarios.scenario import Broken
from drill.traffic.writer import Failure

LATE = (
    psycopg.errors.ConnectionTimeout("connection timeout expired"),
    psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
)
ENDED = (
    psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
    psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly"),
    psycopg.OperationalError("the alias leads nowhere"),
)


def test_no_failure_is_no_end() -> None:
    expect_no_end([])


@pytest.mark.parametrize("error", LATE)
def test_an_application_that_gave_up_waiting_is_late(error: Exception) -> None:
    with pytest.raises(TimeoutError, match="in time"):
        expect_no_end([Failure.of(error)])


@pytest.mark.parametrize("error", ENDED)
def test_a_connection_that_was_ended_breaks_the_promise_whatever_was_late_before(
    error: Exception,
) -> None:
    with pytest.raises(Broken):
        expect_no_end([Failure.of(LATE[0]), Failure.of(error)])
