"""What a failback deletes is listed before."""

import pytest

from drill.scenarios.failback import listed
from drill.scenarios.scenario import Broken

BEGUN, DONE = "07:20:44  clone: begun", "07:21:19  clone: done"
SEGMENTS = "000000030000000000000024, 000000030000000000000025"
LINE = f"never archived by primary: {SEGMENTS}"
NOTHING = "never archived by primary: nothing"


def test_the_segments_are_listed_before_the_deletion() -> None:
    assert listed([BEGUN, LINE, DONE], lost=True) == SEGMENTS


def test_nothing_may_be_missing_where_no_row_was_lost() -> None:
    assert listed([BEGUN, NOTHING, DONE], lost=False) == "nothing"


@pytest.mark.parametrize(
    "printed",
    [
        [BEGUN, DONE],
        [BEGUN, DONE, LINE],
        [BEGUN, LINE, LINE, DONE],
        [BEGUN, NOTHING, DONE],
    ],
    ids=["no line", "after the deletion", "twice", "nothing, though rows were lost"],
)
def test_anything_else_breaks_the_promise(printed: list[str]) -> None:
    with pytest.raises(Broken):
        listed(printed, lost=True)
