"""What a run does is drawn once for all, and what it came to is kept."""

from pathlib import Path

import pytest

from drill.consistency import report
from drill.consistency.changes import CHANGES, Standing
from drill.consistency.command import exit_code, make_room
from drill.consistency.result import Counts, Result, Verdict
from drill.consistency.run import Drawn
from drill.report import kept_run

STANDINGS: tuple[Standing, ...] = (
    "primary writes, DR follows",
    "DR writes, primary follows",
    "DR writes alone",
)
RUNS = 200


def result(number: int, verdict: Verdict, *, starved: bool = False) -> Result:
    return Result(
        number=number,
        change="failback",
        fault="none",
        verdict=verdict,
        seconds=1.0,
        counts=Counts(acknowledged=5, tail_seconds=3.0),
        said=("because",),
        starved=starved,
    )


def test_200_runs_play_every_change_with_every_fault_that_it_can_meet() -> None:
    drawn = [Drawn.for_run(number, each) for number in range(RUNS) for each in STANDINGS]
    found = {(each.change.name, each.fault.name) for each in drawn}

    assert {change for change, _ in found} == {change.name for change in CHANGES}
    for change in CHANGES:
        met = {fault for name, fault in found if name == change.name}
        assert len(met) == (4 if change.while_a_region_is_lost else 6)


def test_the_same_run_draws_the_same() -> None:
    one, other = (Drawn.for_run(7, "primary writes, DR follows") for _ in range(2))

    assert (one.change, one.fault) == (other.change, other.fault)
    assert one.chance.draws.random() == other.chance.draws.random()


def test_runs_of_the_same_code_are_kept_but_for_those_that_were_stuck(tmp_path: Path) -> None:
    results = [result(1, "consistent"), result(2, "stuck"), result(3, "anomaly")]
    found = report.document(results, asked=5, source="this", checker="v1")
    kept_run.write(found, tmp_path / "out.json")

    assert report.read(tmp_path / "out.json", "this") == [results[0], results[2]]
    assert report.read(tmp_path / "out.json", "other") == []
    assert report.read(tmp_path / "none.json", "this") == []
    assert (found["anomalies"], found["stuck"], found["played"]) == (1, 1, 3)
    assert "run 3, failback, none: anomaly: because" in report.table(found)


def test_the_figure_counts_every_verdict_that_a_busy_machine_did_not_keep_away() -> None:
    results = [
        result(1, "consistent", starved=True),
        result(2, "anomaly", starved=True),
        result(3, "stuck"),
        result(4, "stuck", starved=True),
    ]

    (found,) = report.figures(results, commit="0123abcd")

    assert (found.name, found.value, found.of, found.commit) == ("consistency", 1, 3, "0123abcd")
    assert report.figures([], commit=None) == []


@pytest.mark.parametrize(
    ("verdict", "starved", "code"),
    [
        ("consistent", False, 0),
        ("anomaly", False, 1),
        ("anomaly", True, 1),
        ("stuck", False, 1),
        ("stuck", True, 75),
        ("undecided", False, 75),
    ],
)
def test_an_anomaly_is_never_excused_by_a_busy_machine(
    verdict: Verdict, starved: bool, code: int
) -> None:
    assert exit_code([result(1, "consistent"), result(2, verdict, starved=starved)]) == code


def test_whoever_continues_a_run_keeps_its_histories_and_not_its_sites(tmp_path: Path) -> None:
    history = tmp_path / "history-3.json"
    history.write_text("{}")
    (tmp_path / "sites-1" / "machines").mkdir(parents=True)

    make_room(tmp_path, keep=True)
    assert [*tmp_path.iterdir()] == [history]
    make_room(tmp_path, keep=False)
    assert [*tmp_path.iterdir()] == []
