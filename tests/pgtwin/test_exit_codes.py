"""The exit code says what may be concluded: refused, failed, not in time, or locked."""

import pytest

from pgtwin import errors
from pgtwin.commands.explain import FAILED, LOCKED, REFUSED, TIMED_OUT, explain


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SiteHangs("restore: i-1 took the command and has not ended it yet"), TIMED_OUT),
        (errors.SiteTimedOut("stop requested, not confirmed yet"), TIMED_OUT),
        (errors.StepTimedOut("waited 60 s"), TIMED_OUT),
        (errors.SiteUnreachable("no server is online"), FAILED),
        (errors.SiteUnclear("no API server"), FAILED),
        (errors.SiteRefused("the record names dr"), REFUSED),
        (errors.LockLost("the lock is another's"), LOCKED),
    ],
)
def test_what_did_not_end_in_time_is_told_from_what_failed(error: Exception, code: int) -> None:
    assert explain(error) == (str(error), code)


def test_a_defect_of_the_program_is_not_explained() -> None:
    assert explain(KeyError("serverName")) is None
