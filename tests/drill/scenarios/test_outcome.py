"""What a busy machine excuses, and what it never does."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from drill.ground_site import NoAnswer, StatementRefused
from drill.pgtwin_command import KILLED, TIMED_OUT, CommandRefused
from drill.scenarios.attempt import Attempt, NotPlayed
from drill.scenarios.outcome import outcome
from drill.scenarios.scenario import Broken, Measured, Scenario
from drill.starvation.load import UNKNOWN, Load
from topology.load import load
from topology.topology import Topology

QUIET = Load(slowdown=1.1, write_seconds=0.001)
BUSY = Load(slowdown=9.0, write_seconds=0.001)
BOUND = 30.0


def never(_: object) -> Measured:
    raise AssertionError


def scenario(*, may_lose: bool = False, bounds_processor: bool = False) -> Scenario:
    return Scenario(
        name="s",
        sentence="Within {bound}.",
        act=never,
        bound=lambda _: BOUND,
        may_lose=may_lose,
        bounds_processor=bounds_processor,
    )


def attempt(seconds: float | None = 1.0, *, lost: int = 0, phantom: int = 0) -> Attempt:
    return Attempt(measured=Measured(seconds=seconds, lost=lost, phantom=phantom))


def failed(error: Exception) -> Attempt:
    return Attempt(measured=Measured(seconds=None), error=error)


LATE = (
    attempt(BOUND + 1),
    Attempt(measured=Measured(seconds=1.0, missed="lost rows of the last 40 s, not of 15 s")),
    failed(subprocess.TimeoutExpired("pgtwin-host", 300)),
    failed(NoAnswer("dr does not answer")),
    failed(TimeoutError("waited 60 s for the rows in DR")),
    failed(psycopg.OperationalError("connection timeout expired")),
    failed(ReadTimeoutError(endpoint_url="https://s3")),
    failed(CommandRefused(("switchover",), TIMED_OUT, "")),
    failed(CommandRefused(("switchover",), KILLED, "")),
    failed(CommandRefused(("switchover",), 3, "pgtwin: demote: no answer: timed out")),
    *(
        failed(CommandRefused(("switchover",), 3, f"pgtwin: move the record: {aws}"))
        for aws in (
            ReadTimeoutError(endpoint_url="https://ssm"),
            ConnectTimeoutError(endpoint_url="https://ssm"),
        )
    ),
    failed(CommandRefused(("restore",), 3, "status: i-1 has not taken the command yet")),
    failed(CommandRefused(("switchover",), 2, "dr does not follow primary - run: pgtwin status")),
    failed(CommandRefused(("failover",), 2, "86 s, more than the 78 s that were allowed")),
)
WRONG = (
    attempt(lost=1),
    attempt(phantom=1),
    attempt(BOUND + 1, lost=1),
    attempt(None),
    failed(Broken("the old primary is fenced")),
    failed(StatementRefused('relation "ledger" does not exist')),
    failed(CommandRefused(("switchover",), 3, "")),
    failed(CommandRefused(("switchover",), 2, "primary is the writer, but the record names dr")),
    failed(KeyError("serverName")),
)


@pytest.fixture
def topology() -> Topology:
    return load(Path("config/default.yaml"))


@pytest.mark.parametrize(
    ("seconds", "slowdown", "found"),
    [
        (BOUND, 1.0, "kept"),
        (BOUND * 1.5, 1.0, "broken"),
        (BOUND * 1.5, 1.6, "starved"),
        (BOUND * 1.5, 1.4, "broken"),
        (BOUND * 1.5, None, "broken"),
    ],
)
def test_processor_time_is_judged_by_what_the_same_work_took_meanwhile(
    seconds: float, slowdown: float | None, found: str, topology: Topology
) -> None:
    slow = Load(slowdown=2.0, write_seconds=0.001, processor_slowdown=slowdown)

    assert outcome(attempt(seconds), scenario(bounds_processor=True), topology, slow) == found


def test_a_bound_on_time_is_not_excused_by_processor_time(topology: Topology) -> None:
    slow = Load(slowdown=2.0, write_seconds=0.001, processor_slowdown=2.0)

    assert outcome(attempt(BOUND * 1.5), scenario(), topology, slow) == "broken"


def test_a_promise_that_is_kept_is_kept_on_a_busy_machine_too(topology: Topology) -> None:
    assert outcome(attempt(BOUND), scenario(), topology, BUSY) == "kept"


@pytest.mark.parametrize("late", LATE)
def test_what_came_too_late_breaks_the_promise_only_on_a_machine_that_had_time(
    late: Attempt, topology: Topology
) -> None:
    assert outcome(late, scenario(), topology, QUIET) == "broken"
    assert outcome(late, scenario(), topology, UNKNOWN) == "broken"
    assert outcome(late, scenario(), topology, BUSY) == "starved"


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("machine", [QUIET, BUSY])
def test_what_was_lost_or_seen_to_be_wrong_is_never_excused(
    wrong: Attempt, machine: Load, topology: Topology
) -> None:
    assert outcome(wrong, scenario(), topology, machine) == "broken"


def test_a_phantom_row_is_never_allowed_even_where_rows_may_be_lost(topology: Topology) -> None:
    assert outcome(attempt(lost=9), scenario(may_lose=True), topology, BUSY) == "kept"
    assert outcome(attempt(phantom=1), scenario(may_lose=True), topology, BUSY) == "broken"


def test_where_commits_waited_for_the_other_region_no_row_is_lost_on_any_machine(
    topology: Topology,
) -> None:
    waited = Attempt(measured=Measured(seconds=1.0, lost=1, loses_none=True))

    assert outcome(waited, scenario(may_lose=True), topology, BUSY) == "broken"


def test_what_a_starved_scenario_left_undone_is_not_held_against_the_next(
    topology: Topology,
) -> None:
    not_played = failed(NotPlayed("DR writes alone", scenario().before))

    assert outcome(not_played, scenario(), topology, QUIET) == "broken"
    assert outcome(not_played, scenario(), topology, BUSY) == "broken"
    assert outcome(not_played, scenario(), topology, QUIET, after_starved=True) == "starved"


def test_a_site_that_does_not_answer_on_a_starved_machine_is_no_broken_promise(
    topology: Topology,
) -> None:
    silent = failed(NotPlayed("neither", scenario().before))

    assert outcome(silent, scenario(), topology, QUIET) == "broken"
    assert outcome(silent, scenario(), topology, BUSY) == "starved"


@pytest.mark.parametrize("after_starved", [True, False])
def test_two_writers_are_never_excused(topology: Topology, after_starved: bool) -> None:
    split = failed(NotPlayed("both write", scenario().before))

    assert outcome(split, scenario(), topology, BUSY, after_starved=after_starved) == "broken"
