"""When a machine counts as starved."""

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from drill.starvation.load import (
    MOST_SLOWDOWN,
    MOST_WRITE_SECONDS,
    UNKNOWN,
    Load,
    Sample,
    load,
)
from drill.starvation.meter import Meter

GENEROUS_SECONDS = 120


def samples(*work_seconds: float, write_seconds: float = 0.001) -> list[Sample]:
    """One per second; the work takes 0.02 s of processor time."""
    return [
        Sample(
            at=float(second),
            work_seconds=seconds,
            processor_seconds=0.02,
            write_seconds=write_seconds,
        )
        for second, seconds in enumerate(work_seconds)
    ]


def test_work_that_takes_its_processor_time_is_not_starved() -> None:
    quiet = load(samples(0.02, 0.02, 0.02), since=0)

    assert quiet.slowdown == 1
    assert not quiet.starved


def test_only_what_was_measured_since_the_beginning_counts() -> None:
    busy, quiet = [0.2] * 5, [0.02] * 5

    assert load(samples(*busy, *quiet), since=0).starved
    assert not load(samples(*busy, *quiet), since=5).starved
    assert load(samples(*quiet, *busy), since=5).starved


def test_the_machine_is_compared_with_its_own_best() -> None:
    """A hypervisor that takes the processor away may count that as the process's own time."""
    stolen = Sample(at=1, work_seconds=0.08, processor_seconds=0.08, write_seconds=0)
    best = Sample(at=0, work_seconds=0.02, processor_seconds=0.02, write_seconds=0)

    assert load([best, stolen], since=1).slowdown == 4


def test_processor_time_is_compared_with_the_machine_s_best_too() -> None:
    best = Sample(at=0, work_seconds=0.02, processor_seconds=0.02, write_seconds=0)
    shared = Sample(at=1, work_seconds=0.06, processor_seconds=0.05, write_seconds=0)

    assert load([best, shared], since=1).processor_slowdown == 2.5


def test_a_slow_disk_is_starvation_too() -> None:
    assert load(samples(0.02, write_seconds=2 * MOST_WRITE_SECONDS), since=0).starved


def test_a_round_that_does_not_end_counts() -> None:
    assert load(samples(0.02, 0.02), since=2, overdue_seconds=5).starved


@given(since=st.floats(0, 10))
def test_what_was_not_measured_excuses_nothing(since: float) -> None:
    assert load([], since) == UNKNOWN
    assert not UNKNOWN.starved
    assert "not known" in UNKNOWN.sentence


def test_the_sentence_names_what_was_measured_and_the_limits() -> None:
    sentence = Load(slowdown=3.42, write_seconds=0.012).sentence

    assert "3.4" in sentence
    assert f"limit {MOST_SLOWDOWN:g}" in sentence


def test_the_meter_measures_this_machine_and_ends_with_its_owner(tmp_path: Path) -> None:
    with Meter(tmp_path) as meter:
        process = meter._process
        deadline = time.monotonic() + GENEROUS_SECONDS
        while meter.load(0).slowdown is None:
            assert time.monotonic() < deadline, "the probe printed nothing"
            time.sleep(0.05)
        measured = meter.load(0)

    assert measured.slowdown is not None
    assert measured.slowdown >= 1, "no work is quicker than the best"
    assert process is not None
    assert process.poll() is not None
