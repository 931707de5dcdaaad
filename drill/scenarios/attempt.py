"""One attempt at a scenario: what it measured, or how it failed and what that did to the rows."""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from drill.scenarios.scenario import Measured, Scenario
from drill.scenarios.stage import Stage
from drill.twin import Home, Twin
from drill.waiting import wait_for
from topology.site import SiteName

SETTLED_SECONDS = 30.0
"""How long a restart at the end of the last scenario may take to be over."""
_WRITES: dict[Home, SiteName] = {
    "the primary writes and DR follows": "primary",
    "DR writes alone": "dr",
}
_log = logging.getLogger(__name__)


class NotPlayed(Exception):  # noqa: N818 (what happened to the scenario)
    """The sites did not stand as the scenario needs them."""

    def __init__(self, stands: Home, needed: Home) -> None:
        super().__init__(f"not played: {stands}, and not {needed}")
        self.stands = stands


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How a scenario ended: with what it measured, or with an error."""

    measured: Measured
    error: Exception | None = None

    @property
    def problem(self) -> dict[str, str]:
        """The error, for the details of the result."""
        if self.error is None:
            return {"problem": self.measured.missed} if self.measured.missed else {}
        kind = "" if isinstance(self.error, NotPlayed) else f"{type(self.error).__name__}: "
        return {"problem": f"{kind}{self.error}"}


def attempt(scenario: Scenario, stage: Stage, stands: Home | None = None) -> Attempt:
    """Play a scenario; whatever goes wrong is part of the answer.

    `stands` is how the two sites stood last, where that is known. A failure is no reason to leave
    its rows uncompared: what was lost or never sent outweighs every other reason.
    """
    try:
        if stands in (None, "neither"):
            stands = standing(stage.twin)
        if stands != scenario.before:
            raise NotPlayed(stands, scenario.before)
        return Attempt(measured=scenario.act(stage))
    except Exception as error:
        _log.exception("%s", scenario.name)
        return Attempt(measured=_rows(stage), error=error)


def standing(twin: Twin) -> Home:
    """How the two sites stand, once that is settled."""
    with suppress(TimeoutError):
        wait_for(lambda: twin.home() != "neither", SETTLED_SECONDS, "the two sites to settle")
    return twin.home()


def _rows(stage: Stage) -> Measured:
    """What became of the rows of a scenario that failed, on the site that writes."""
    nothing = Measured(seconds=None)
    site = _WRITES.get(stage.twin.home())
    if site is None or not stage.writers:
        return nothing
    try:
        found = [stage.compare(writer, site) for writer in stage.writers]
    except Exception:
        _log.exception("the rows could not be compared")
        return replace(nothing, details={"rows": "not compared: no site answered"})
    return replace(
        nothing,
        lost=sum(len(each.lost) for each in found),
        phantom=sum(len(each.phantom) for each in found),
    )
