"""What a client sees of a path that is gone: when it got no answer, and how long it went on."""

import pytest

from drill.scenarios.degraded_region import Pause, _as_promised, pauses
from drill.scenarios.scenario import Broken
from drill.traffic.acknowledgements import Acknowledged

WAITED, HELD = Pause(began=10.0, ended=22.0), Pause(began=40.0, ended=70.0)


def _rows(*times: float) -> list[Acknowledged]:
    return [
        Acknowledged(number=number, at=at, by="primary") for number, at in enumerate(times, start=1)
    ]


def test_the_longest_pause_that_ended_after_the_cut_is_first() -> None:
    first, second = pauses(_rows(1.0, 9.0, 10.0, 10.5, 32.5, 33.0), since=10.5)

    assert (first.began, first.ended, first.seconds) == (10.5, 32.5, 22.0)
    assert second.seconds == 0.5


def test_one_that_has_not_ended_is_a_broken_promise() -> None:
    with pytest.raises(Broken):
        pauses(_rows(1.0, 9.0, 10.0), since=10.2)


def test_commits_that_went_on_between_two_pauses_are_those_that_may_be_lost() -> None:
    found = _as_promised([HELD, WAITED], healed_at=65.0, since=21.0, limit=20)

    assert found == {"client_waited_seconds": 12.0, "went_on_seconds": 18.0}


@pytest.mark.parametrize(
    ("since", "healed_at", "limit", "said"),
    [
        (21.0, 65.0, 17, "went on without the region"),
        (23.0, 65.0, 20, "written down before"),
        (21.0, 75.0, 20, "once the path is back"),
        (None, 75.0, 0, "before the path is back"),
    ],
)
def test_each_part_of_the_promise_can_be_broken(
    since: float | None, healed_at: float, limit: int, said: str
) -> None:
    with pytest.raises(Broken, match=said):
        _as_promised([HELD, WAITED], healed_at=healed_at, since=since, limit=limit)
