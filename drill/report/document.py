"""The drill's result: the shape of build/drill/report.json."""

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import computed_field

from drill.ground import GroundName
from drill.report.distribution import Distribution, Value
from drill.report.losses import LossResult, ModeResult, SideBySide
from drill.report.matrix import Matrix
from topology.site import SiteName
from topology.topology import Replication

Verdict = Literal["pass", "fail", "starved"]
"""`fail` when a promise was broken; `starved` when none was and the machine was too busy to judge
some of them."""
Outcome = Literal["kept", "broken", "starved", "not played"]
"""Of one promise; `starved`: a time bound was missed while the machine was measured to be busy;
`not played`: the ground cannot, and the reason says why."""


class Rows(Value):
    """Lost = acknowledged and absent; phantom = present and never sent."""

    acknowledged: int
    lost: int
    phantom: int


class ScenarioResult(Value):
    """One scenario: what was promised, what was measured."""

    name: str
    sentence: str
    outcome: Outcome
    reason: str = ""
    """Why it was not played."""
    bound_seconds: float | None
    measured_seconds: float | None
    lost: int
    phantom: int
    duration_seconds: float
    machine: str = ""
    """How busy the machine was meanwhile, as a sentence."""
    details: Mapping[str, Any] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def passed(self) -> bool:
        """Whether the promise was kept."""
        return self.outcome == "kept"


def verdict(results: Iterable[ScenarioResult]) -> Verdict:
    """The verdict over all scenarios."""
    return verdict_of(result.outcome for result in results)


def verdict_of(every: Iterable[Outcome]) -> Verdict:
    """One promise that is broken outweighs everything.

    A pass is at least one promise that was kept: where nothing was played nothing was shown.
    """
    outcomes = set(every)
    if "broken" in outcomes:
        return "fail"
    if "starved" in outcomes:
        return "starved"
    return "pass" if "kept" in outcomes else "fail"


class Sample(Value):
    """Where the three copies of the truth stood at one moment: the newest row of each."""

    at_seconds: float
    acknowledged: int
    archived: int | None = None
    replayed: int | None = None


class Mark(Value):
    """Something that happened once: cut, detected, decided, promoted, first write."""

    name: str
    at_seconds: float


class Timeline(Value):
    """The loss of a region, second by second, from the first sample on."""

    scenario: str
    samples: tuple[Sample, ...]
    marks: tuple[Mark, ...]


class Report(Value):
    """Everything that the page shows and that a script may check."""

    verdict: Verdict
    ground: GroundName
    """Where the scenarios were played."""
    started_at: str
    duration_seconds: float
    machine: str
    """The computer on which it was played."""
    ready_seconds: Mapping[SiteName, float] = {}
    """From power on until a site was ready."""
    configuration: str
    """The file that the user gave."""
    replication: Replication = "archive"
    """The mode that was played."""
    scenarios: tuple[ScenarioResult, ...]
    rpo_seconds: Distribution
    rto_seconds: Distribution
    rto_parts_seconds: Mapping[str, float] = {}
    """The median of detection, decision, promotion and reconnect."""
    losses: tuple[LossResult, ...] = ()
    modes: Mapping[str, ModeResult] = {}
    """What these losses cost, by the mode of replication that this drill played."""
    side_by_side: SideBySide | None = None
    """The same of every mode, in one run of `make losses`; not played by this drill."""
    rows: Rows
    timeline: Timeline | None = None
    throughput: Mapping[str, float] = {}
    failures: Matrix | None = None
    """What `make failures` wrote last on this machine; not played by this drill."""
    embedded_aws: Mapping[str, Any] = {}
    versions: Mapping[str, str] = {}
    emulated: tuple[str, ...] = ()
    """What stood in for the real thing, and how far."""
    overrides: tuple[str, ...] = ()
    """Where the drill differs from the configuration file, and why."""

    @property
    def command(self) -> str:
        """What plays it again."""
        return "make drill" if self.ground == "embedded" else "make drill-real"

    @property
    def repeat(self) -> str:
        """What plays the starved scenarios again, behind one loss; empty where none was starved."""
        starved = (each.name for each in self.scenarios if each.outcome == "starved")
        # A further loss, `region-lost-3`, is played by its scenario.
        names = " ".join(dict.fromkeys(re.sub(r"-\d+$", "", name) for name in starved))
        return f"{self.command} SCENARIO={shlex.quote(names)}" if names else ""

    @property
    def losses_per_mode(self) -> tuple[tuple[str, str, ModeResult], ...]:
        """Who played it, the mode, and what its losses cost; this drill's first."""
        others = self.side_by_side.modes if self.side_by_side else {}
        played = (("this drill", self.modes), ("make losses", others))
        return tuple((by, name, found) for by, modes in played for name, found in modes.items())

    @property
    def summary(self) -> str:
        """The verdict in one line, with what was not played."""
        outcomes = [result.outcome for result in self.scenarios]
        unplayed = outcomes.count("not played")
        played = len(outcomes) - unplayed
        kept = f"{self.verdict}: {outcomes.count('kept')} of {played} scenarios kept their promise"
        return kept + (f", {unplayed} not played" if unplayed else "")


def not_played(name: str, sentence: str, reason: str) -> ScenarioResult:
    """The result of a scenario that the ground cannot play."""
    return ScenarioResult(
        name=name,
        sentence=sentence,
        outcome="not played",
        reason=reason,
        bound_seconds=None,
        measured_seconds=None,
        lost=0,
        phantom=0,
        duration_seconds=0,
    )
