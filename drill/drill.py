"""One drill: both regions brought up, the scenarios played, and the report of it."""

import platform
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from drill.computer import computer
from drill.report.distribution import Distribution
from drill.report.document import Report, Rows, ScenarioResult, Timeline, not_played, verdict
from drill.report.losses import SIDE_BY_SIDE, ModeResult, SideBySide
from drill.report.matrix import MATRIX, Matrix
from drill.scenarios.attempt import attempt, standing
from drill.scenarios.catalogue import Act, Track
from drill.scenarios.loss import Loss
from drill.scenarios.outcome import outcome
from drill.scenarios.scenario import Scenario
from drill.scenarios.stage import Stage
from drill.starvation.meter import Computer
from drill.twin import Home, Twin
from drill.view import View
from drill.waiting import wait_for

QUIET_SECONDS, PATIENCE_SECONDS = 5.0, 60.0
"""A starved scenario is repeated after so much time without starvation, or at the latest then."""


@dataclass(kw_only=True)
class Drill:
    """Plays scenarios one after the other on one pair of sites."""

    twin: Twin
    view: View
    work: Path
    machine: Computer
    asked: Path
    """The configuration that the user gave."""
    results: list[ScenarioResult] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    timeline: Timeline | None = None
    throughput: Mapping[str, float] = field(default_factory=dict)
    interrupted: bool = False

    def play(self, act: Act, suffix: str = "") -> None:
        """Play the tracks of an act side by side, and the scenarios of each one after the other.

        What goes wrong in a scenario is its result, never an error of the drill.
        """
        stands = standing(self.twin)
        # Not a pool, whose threads Python waits for: an interruption must not wait for a scenario.
        tracks = [
            threading.Thread(target=self._play, args=(track, stands, suffix), daemon=True)
            for track in act
        ]
        try:
            for thread in tracks:
                thread.start()
            for thread in tracks:
                thread.join()
        except BaseException:
            self.interrupted = True
            raise

    def _play(self, track: Track, stands: Home | None, suffix: str) -> None:
        for scenario in track:
            if not self.interrupted:
                self._play_one(scenario, stands, f"{scenario.name}{suffix}")
            stands = None

    def _play_one(self, scenario: Scenario, stands: Home | None, name: str) -> None:
        topology = self.twin.topology
        if reason := scenario.not_playable(self.twin.ground):
            self._finish(not_played(name, scenario.promise(topology), reason))
            return
        self.view.begin(name, scenario.promise(topology))
        result = self._try(scenario, stands, name)
        if result and result.outcome == "starved" and scenario.repeatable:
            self.view.say(f"{name}: {result.machine}; once more, when there is time")
            self._wait_for_time()
            result = self._try(scenario, None, name)
        if result:
            self._finish(result)

    def _try(self, scenario: Scenario, stands: Home | None, name: str) -> ScenarioResult | None:
        """Play it once; None where an interruption took its sites away."""
        topology, began = self.twin.topology, time.monotonic()
        folder = self.work / "scenarios" / name
        folder.mkdir(parents=True, exist_ok=True)
        stage = Stage(twin=self.twin, folder=folder, tell=self.view.say)
        tried = attempt(scenario, stage, stands)
        if self.interrupted:
            return None
        load, measured = self.machine.load(began), tried.measured
        after_starved = any(result.outcome == "starved" for result in self.results)
        if measured.loss:
            self.losses.append(measured.loss)
            self.timeline = self.timeline or measured.loss.timeline(name)
        return ScenarioResult(
            name=name,
            sentence=scenario.promise(topology),
            outcome=outcome(tried, scenario, topology, load, after_starved=after_starved),
            bound_seconds=scenario.bound_seconds(topology),
            measured_seconds=None if measured.seconds is None else round(measured.seconds, 2),
            lost=measured.lost,
            phantom=measured.phantom,
            duration_seconds=round(time.monotonic() - began, 2),
            machine=load.sentence,
            details={**measured.details, **tried.problem},
        )

    def _wait_for_time(self) -> None:
        with suppress(TimeoutError):
            wait_for(
                lambda: not self.machine.load(time.monotonic() - QUIET_SECONDS).starved,
                PATIENCE_SECONDS,
                "the machine to have time",
            )

    def _finish(self, result: ScenarioResult) -> None:
        self.results.append(result)
        self.view.end(result)

    def measure_throughput(self) -> None:
        """Measure the archive of the site that writes; nothing else runs meanwhile."""
        self.view.say("throughput of the archive")
        self.throughput = self.twin.ground.throughput()

    def report(self, *, started: datetime, duration_seconds: float) -> Report:
        """What is known now."""
        acknowledged = sum(writer.acknowledgements.count for writer in self.twin.writers)
        about = self.twin.ground.about()
        results = tuple(loss.result for loss in self.losses)
        return Report(
            verdict=verdict(self.results),
            ground=self.twin.ground.name,
            started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
            duration_seconds=round(duration_seconds, 1),
            machine=computer(),
            ready_seconds=about.ready_seconds,
            configuration=str(self.asked),
            replication=about.mode.replication,
            scenarios=tuple(self.results),
            rpo_seconds=Distribution.of(loss.rpo_seconds for loss in self.losses),
            rto_seconds=Distribution.of(loss.rto_seconds for loss in self.losses),
            rto_parts_seconds=_medians([loss.parts_seconds for loss in self.losses]),
            losses=results,
            modes={about.mode.name: ModeResult.of(about.mode, results)} if results else {},
            side_by_side=SideBySide.read(SIDE_BY_SIDE),
            rows=Rows(
                acknowledged=acknowledged,
                lost=sum(result.lost for result in self.results),
                phantom=sum(result.phantom for result in self.results),
            ),
            timeline=self.timeline,
            throughput=self.throughput,
            failures=Matrix.read(MATRIX),
            embedded_aws=about.embedded_aws,
            versions={**about.versions, "Python": platform.python_version()},
            emulated=about.emulated,
            overrides=about.overrides,
        )


def _medians(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each part over all losses, which have the same parts."""
    return {
        part: round(statistics.median(each[part] for each in parts), 2)
        for part in (parts[0] if parts else ())
    }
