"""What the drill makes of a scenario that fails: on a machine that had time, and on a busy one.

The machine's load and the two sites are given; nothing here waits or measures.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from drill.drill import Drill
from drill.ground_site import NoAnswer
from drill.report.document import ScenarioResult
from drill.scenarios.scenario import Broken, Measured, Scenario
from drill.scenarios.stage import Stage
from drill.starvation.load import Load
from drill.traffic.ledger import Row
from drill.traffic.writer import Writer
from drill.twin import Home, Twin
from drill.view import View
from topology.load import load
from topology.topology import Topology

QUIET = Load(slowdown=1.0, write_seconds=0.0)
BUSY = Load(slowdown=8.0, write_seconds=0.0)
FOLLOWS: Home = "the primary writes and DR follows"


@dataclass
class Machine:
    """Busy for the first `busy` questions."""

    busy: int = 0

    def load(self, _since: float) -> Load:
        self.busy -= 1
        return BUSY if self.busy >= 0 else QUIET


@dataclass
class Database:
    """Holds rows of the ledger; does not answer where that is None."""

    rows_held: list[Row] | None = field(default_factory=list)

    def rows(self, _sql: str, run: str, cluster: str = "") -> list[tuple[int, str, str]]:
        del cluster
        if self.rows_held is None:
            raise NoAnswer("no answer")
        return [(row.number, row.payload, row.checksum) for row in self.rows_held if row.run == run]


@dataclass
class Site:
    databases: Database


@dataclass
class Ground:
    topology: Topology
    lacks: dict[str, str] = field(default_factory=dict)


@dataclass
class Sites:
    """Stands for a Twin whose sites never change."""

    topology: Topology
    stands: Home = FOLLOWS
    held: Database = field(default_factory=Database)
    writers: list[Writer] = field(default_factory=list)

    @property
    def ground(self) -> Ground:
        return Ground(topology=self.topology)

    @property
    def sites(self) -> dict[str, Site]:
        return {"primary": Site(self.held), "dr": Site(self.held)}

    def home(self) -> Home:
        return self.stands

    def writer(self, folder: Path) -> Writer:
        self.writers.append(Writer(run="w", resolve=lambda: None, folder=folder))
        return self.writers[-1]


@pytest.fixture
def sites() -> Sites:
    return Sites(topology=load(Path("config/default.yaml")))


def scenario(
    act: Callable[[Stage], Measured], *, name: str = "s", repeatable: bool = False
) -> Scenario:
    return Scenario(
        name=name, sentence="{bound}", act=act, bound=lambda _: 30.0, repeatable=repeatable
    )


def play(sites: Sites, folder: Path, *scenarios: Scenario, busy: int = 0) -> list[ScenarioResult]:
    drill = Drill(
        twin=cast(Twin, sites),
        view=View(lambda: None, io.StringIO()),
        work=folder,
        machine=Machine(busy),
        asked=Path("config/default.yaml"),
    )
    drill.play((scenarios,))
    return drill.results


def slow_at_first() -> Callable[[Stage], Measured]:
    seconds = iter([60.0, 1.0])
    return lambda _: Measured(seconds=next(seconds))


def times_out(_: Stage) -> Measured:
    raise TimeoutError("waited 60 s for rows in DR")


def loses_a_row_and_times_out(stage: Stage) -> Measured:
    notes = stage.writer().acknowledgements
    notes.acknowledge(notes.next_number(), "primary")
    raise TimeoutError("waited 60 s for rows in DR")


def test_a_starved_scenario_is_played_once_more_where_that_is_safe(
    sites: Sites, tmp_path: Path
) -> None:
    (result,) = play(sites, tmp_path, scenario(slow_at_first(), repeatable=True), busy=1)

    assert result.outcome == "kept"
    assert result.measured_seconds == 1.0


def test_a_starved_scenario_is_not_repeated_where_that_is_not_safe(
    sites: Sites, tmp_path: Path
) -> None:
    (result,) = play(sites, tmp_path, scenario(slow_at_first()), busy=1)

    assert result.outcome == "starved"
    assert "8.0 times" in result.machine


def test_a_broken_promise_is_not_tried_again(sites: Sites, tmp_path: Path) -> None:
    (result,) = play(sites, tmp_path, scenario(slow_at_first(), repeatable=True))

    assert result.outcome == "broken"


def test_what_was_seen_to_be_wrong_is_broken_on_a_busy_machine(
    sites: Sites, tmp_path: Path
) -> None:
    def wrong(_: Stage) -> Measured:
        raise Broken("DR is still a replica")

    (result,) = play(sites, tmp_path, scenario(wrong, repeatable=True), busy=99)

    assert result.outcome == "broken"


def test_a_lost_row_is_found_although_the_scenario_timed_out_on_a_busy_machine(
    sites: Sites, tmp_path: Path
) -> None:
    (result,) = play(sites, tmp_path, scenario(loses_a_row_and_times_out), busy=99)

    assert (result.outcome, result.lost) == ("broken", 1)


def test_a_phantom_row_is_found_although_the_scenario_timed_out_on_a_busy_machine(
    sites: Sites, tmp_path: Path
) -> None:
    sites.held.rows_held = [Row(run="w", number=1), Row(run="w", number=7)]

    (result,) = play(sites, tmp_path, scenario(loses_a_row_and_times_out), busy=99)

    assert (result.outcome, result.lost, result.phantom) == ("broken", 0, 1)


def test_rows_that_could_not_be_compared_are_said_to_be_so(sites: Sites, tmp_path: Path) -> None:
    sites.held.rows_held = None

    (result,) = play(sites, tmp_path, scenario(loses_a_row_and_times_out), busy=99)

    assert result.outcome == "starved"
    assert "not compared" in result.details["rows"]


def test_what_a_starved_scenario_left_undone_is_starved_too(sites: Sites, tmp_path: Path) -> None:
    def leaves_dr_alone(stage: Stage) -> Measured:
        sites.stands = "DR writes alone"
        return times_out(stage)

    first, second = play(
        sites,
        tmp_path,
        scenario(leaves_dr_alone, name="first"),
        scenario(times_out, name="second"),
        busy=1,
    )

    assert (first.outcome, second.outcome) == ("starved", "starved")
    assert second.details["problem"] == f"not played: DR writes alone, and not {FOLLOWS}"


def test_every_kind_of_error_is_a_result_and_never_an_error_of_the_drill(
    sites: Sites, tmp_path: Path
) -> None:
    errors: list[Any] = [IndexError("list index out of range"), KeyError("x"), ValueError("max()")]
    for error in errors:

        def fails(_: Stage, error: Exception = error) -> Measured:
            raise error

        (result,) = play(sites, tmp_path, scenario(fails))

        assert result.outcome == "broken"
        assert result.details["problem"] == f"{type(error).__name__}: {error}"
