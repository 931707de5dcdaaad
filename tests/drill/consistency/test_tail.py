"""What a failover said that it would lose, read from what `pgtwin` told."""

from datetime import UTC, datetime

import pytest

from drill.consistency.changes import tail_seconds

LOG = """$ pgtwin failover --to dr
10:00:00  measure again: begun
after fencing: at most 5 s of primary's writes will be lost
10:00:01  measure again: done
$ pgtwin failover --to dr
23:59:50  measure again: begun
primary: still waiting
after fencing: at most 42 s of primary's writes will be lost
23:59:51  measure again: done
"""


def test_the_tail_begins_as_long_before_the_last_measurement_as_that_one_said() -> None:
    after_midnight = datetime(2026, 11, 23, 0, 0, 10, tzinfo=UTC)

    assert tail_seconds(LOG, after_midnight) == 20 + 42


def test_a_failover_that_named_no_tail_is_an_error() -> None:
    with pytest.raises(LookupError):
        tail_seconds("10:00:00  measure again: already done\n", datetime.now(UTC))
