"""Replication lag from histories, among them those of a machine that is slow to take notes."""

from hypothesis import given
from hypothesis import strategies as st

from drill.traffic.acknowledgements import Acknowledged
from drill.traffic.arrivals import Arrival, lags_seconds, traffic_seconds


def acknowledged(*numbers_at: tuple[int, float]) -> list[Acknowledged]:
    return [Acknowledged(number=number, at=at, by="primary") for number, at in numbers_at]


def test_the_lag_of_a_row_is_the_time_to_the_first_look_that_found_it() -> None:
    rows = acknowledged((1, 10.0), (2, 11.0), (3, 12.0))
    arrivals = [Arrival(at=13.0, newest=2), Arrival(at=16.0, newest=3)]

    assert lags_seconds(rows, arrivals) == [3.0, 2.0, 4.0]
    assert traffic_seconds(rows, arrivals) == 2.0


def test_a_row_may_arrive_before_its_acknowledgement_is_noted() -> None:
    arrivals = [Arrival(at=11.0, newest=3)]

    assert lags_seconds([], arrivals) == []
    assert traffic_seconds([], arrivals) == 0.0
    assert lags_seconds(acknowledged((1, 10.0)), arrivals) == [1.0]
    assert lags_seconds(acknowledged((1, 10.0), (2, 12.0)), arrivals) == [1.0, 0.0]


def test_a_number_that_a_failed_commit_used_up_is_not_waited_for() -> None:
    rows = acknowledged((1, 10.0), (4, 11.0), (7, 12.0))
    arrivals = [Arrival(at=12.0, newest=5), Arrival(at=13.0, newest=7)]

    assert lags_seconds(rows, arrivals) == [2.0, 1.0, 1.0]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Acknowledged], list[Arrival]]:
    """Numbers with gaps, noted at any time; looks that see ever more, also what is not noted."""
    numbers = sorted(draw(st.sets(st.integers(1, 60))))
    moments = sorted(draw(st.lists(st.floats(0, 99), min_size=60, max_size=60)))
    rows = acknowledged(*zip(numbers, moments, strict=False))
    newest = sorted(draw(st.sets(st.integers(1, 60), max_size=10)))
    looks = sorted(draw(st.lists(st.floats(0, 99), min_size=10, max_size=10)))
    return rows, [Arrival(at=at, newest=number) for number, at in zip(newest, looks, strict=False)]


@given(histories())
def test_every_history_has_one_lag_for_each_row_that_was_found(
    history: tuple[list[Acknowledged], list[Arrival]],
) -> None:
    rows, arrivals = history
    seen = max((arrival.newest for arrival in arrivals), default=0)

    lags = lags_seconds(rows, arrivals)

    assert len(lags) == sum(row.number <= seen for row in rows)
    assert all(lag >= 0 for lag in lags)
    assert traffic_seconds(rows, arrivals) >= 0
