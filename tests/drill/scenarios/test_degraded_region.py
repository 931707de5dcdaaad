"""What a client sees of a path that is gone: the longest pause between two answers."""

import pytest

from drill.scenarios.degraded_region import longest
from drill.scenarios.scenario import Broken
from drill.traffic.acknowledgements import Acknowledged


def _rows(*times: float) -> list[Acknowledged]:
    return [
        Acknowledged(number=number, at=at, by="primary") for number, at in enumerate(times, start=1)
    ]


def test_it_is_the_longest_that_ended_after_the_cut() -> None:
    pause = longest(_rows(1.0, 9.0, 10.0, 10.5, 32.5, 33.0), since=10.2)

    assert (pause.began, pause.ended, pause.seconds) == (10.5, 32.5, 22.0)


def test_one_that_has_not_ended_is_a_broken_promise() -> None:
    with pytest.raises(Broken):
        longest(_rows(1.0, 9.0, 10.0), since=10.2)
