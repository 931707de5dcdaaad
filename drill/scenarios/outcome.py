"""What becomes of a promise: kept, broken, or not to be judged because the machine was starved.

What always holds: a lost or phantom row, and whatever was seen that must not be, is a broken
promise on any machine. Only what came too late is excused, and only where the machine was measured
to be starved. An answer that is an error did come.
"""

import subprocess

import psycopg
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from drill.ground_site import NoAnswer, StatementRefused
from drill.pgtwin_command import CommandRefused
from drill.report.document import Outcome
from drill.scenarios.attempt import Attempt, NotPlayed
from drill.scenarios.scenario import Scenario
from drill.starvation.load import Load
from drill.twin import Home
from topology.topology import Topology

_TOO_LATE = (
    TimeoutError,
    subprocess.TimeoutExpired,
    NoAnswer,
    psycopg.OperationalError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
"""A wait that timed out, a program that did, and what did not answer in time."""


def outcome(
    attempt: Attempt,
    scenario: Scenario,
    topology: Topology,
    load: Load,
    *,
    after_starved: bool = False,
) -> Outcome:
    """The outcome of an attempt on a machine under a load.

    `after_starved`: an earlier scenario was starved, which may be why this one was not played.
    """
    if attempt.measured.breaks_rows(may_lose=scenario.may_lose):
        return "broken"
    if isinstance(attempt.error, NotPlayed):
        excused = _may_not_stand(attempt.error.stands, load, after_starved=after_starved)
        return "starved" if excused else "broken"
    if _late(attempt, scenario, topology):
        excused = load.starved or _would_do(attempt, scenario, topology, load)
        return "starved" if excused else "broken"
    if attempt.error or not scenario.kept(attempt.measured, topology):
        return "broken"
    return "kept"


def _may_not_stand(stands: Home, load: Load, *, after_starved: bool) -> bool:
    """Whether a starved machine may be why the sites do not stand as they should.

    It may leave a site without an answer, or a change of the writer half-way; never two writers.
    """
    if stands == "both write":
        return False
    return after_starved or (load.starved and stands == "neither")


def _late(attempt: Attempt, scenario: Scenario, topology: Topology) -> bool:
    """Whether a bound on time is all that it missed."""
    if attempt.error:
        return _came_too_late(attempt.error)
    bound, seconds = scenario.bound_seconds(topology), attempt.measured.seconds
    over = bound is not None and seconds is not None and seconds > bound
    return over or bool(attempt.measured.missed)


def _would_do(attempt: Attempt, scenario: Scenario, topology: Topology, load: Load) -> bool:
    """Whether processor time that is over its bound would not be on this machine at its best."""
    bound, seconds = scenario.bound_seconds(topology), attempt.measured.seconds
    if not scenario.bounds_processor or attempt.measured.missed or not (bound and seconds):
        return False
    return seconds <= bound * (load.processor_slowdown or 1)


def _came_too_late(error: Exception) -> bool:
    if isinstance(error, CommandRefused):
        return error.late
    return isinstance(error, _TOO_LATE) and not isinstance(error, StatementRefused)
