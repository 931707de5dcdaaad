"""The longest gap between acknowledged writes."""

import math

from drill.scenarios.gap import longest_gap
from drill.traffic.acknowledgements import Acknowledged


def _rows(*times: float) -> list[Acknowledged]:
    return [
        Acknowledged(number=number, at=at, by="primary") for number, at in enumerate(times, start=1)
    ]


def test_is_the_longest_wait_of_the_application() -> None:
    assert longest_gap(_rows(10.0, 10.5, 14.5, 15.0), since=10.2) == 4.0


def test_begins_with_the_last_write_before_the_event() -> None:
    assert longest_gap(_rows(10.0, 17.0, 17.1), since=12.0) == 7.0


def test_leaves_out_what_came_before_the_event() -> None:
    assert longest_gap(_rows(1.0, 9.0, 10.0, 10.5), since=9.5) == 1.0


def test_has_no_end_while_nothing_was_acknowledged_since() -> None:
    assert longest_gap([], since=9.5) == math.inf
    assert longest_gap(_rows(9.0), since=9.5) == math.inf
