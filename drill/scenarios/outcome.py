"""What becomes of a promise: kept, broken, or not to be judged because the machine was starved.

What always holds: a lost or phantom row, and whatever was seen that must not be, is a broken
promise on any machine. Only what came too late is excused, and only where the machine was measured
to be starved.
"""

from dataclasses import dataclass

import psycopg

from drill.ground import NoAnswer
from drill.pgtwin_command import CommandRefused
from drill.report.document import Outcome
from drill.scenarios.scenario import Measured, Scenario
from drill.starvation.load import Load
from topology.topology import Topology

_TOO_LATE = (TimeoutError, NoAnswer, psycopg.OperationalError)
"""A wait that ended in vain, and a database that did not take a connection in time."""


class NotPlayed(Exception):  # noqa: N818 (what happened to the scenario)
    """The sites did not stand as the scenario needs them."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How a scenario ended: with what it measured, or with an error."""

    measured: Measured
    error: Exception | None = None

    @property
    def problem(self) -> dict[str, str]:
        """The error, for the details of the result."""
        if self.error is None:
            return {}
        kind = "" if isinstance(self.error, NotPlayed) else f"{type(self.error).__name__}: "
        return {"problem": f"{kind}{self.error}"}

    def rows_broken(self, scenario: Scenario) -> bool:
        """Whether it found rows that no promise allows."""
        lost = bool(self.measured.lost) and not scenario.may_lose
        return lost or bool(self.measured.phantom)

    def late(self, scenario: Scenario, topology: Topology) -> bool:
        """Whether a time bound is all that it missed."""
        if self.error:
            return _came_too_late(self.error)
        bound, seconds = scenario.bound_seconds(topology), self.measured.seconds
        return bound is not None and seconds is not None and seconds > bound


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
    if attempt.rows_broken(scenario):
        return "broken"
    if isinstance(attempt.error, NotPlayed):
        return "starved" if after_starved else "broken"
    if attempt.late(scenario, topology):
        return "starved" if load.starved else "broken"
    if attempt.error or not scenario.kept(attempt.measured, topology):
        return "broken"
    return "kept"


def _came_too_late(error: Exception) -> bool:
    if isinstance(error, CommandRefused):
        return error.timed_out
    return isinstance(error, _TOO_LATE)
