"""The report as a reader meets it: in a real browser, without a network."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drill.failure_modes import named as mode_named
from drill.failures import report as failures
from drill.failures.cell import Cell, Result
from drill.failures.commands import named as command_named
from drill.replication_mode import Mode
from drill.report.distribution import Distribution
from drill.report.document import (
    Mark,
    Outcome,
    Report,
    Rows,
    Sample,
    ScenarioResult,
    Timeline,
    verdict,
)
from drill.report.losses import LossResult, ModeResult, SideBySide
from drill.report.matrix import Matrix
from drill.report.page import render, write
from tests.waiting import HANGS_SECONDS


def _scenario(name: str, outcome: Outcome = "kept") -> ScenarioResult:
    return ScenarioResult(
        name=name,
        sentence=f"The sentence of {name} <with markup>.",
        outcome=outcome,
        bound_seconds=30,
        measured_seconds=7.25,
        lost=0,
        phantom=0,
        duration_seconds=12,
        details={"archive_backlog": 3},
    )


def _report(*scenarios: ScenarioResult) -> Report:
    return Report(
        verdict=verdict(scenarios),
        ground="embedded",
        machine="2 cores, 4 GiB, Linux x86_64",
        started_at="2026-11-22T10:00:00Z",
        duration_seconds=200,
        configuration="config/default.yaml",
        scenarios=scenarios,
        rpo_seconds=Distribution.of([3.0, 1.0, 2.0]),
        rto_seconds=Distribution.of([9.0]),
        rto_parts_seconds={"detection": 1.0},
        rows=Rows(acknowledged=12345, lost=0, phantom=0),
        timeline=Timeline(
            scenario="region-lost",
            samples=(
                Sample(at_seconds=0, acknowledged=0),
                Sample(at_seconds=1, acknowledged=90, archived=50, replayed=40),
            ),
            marks=(Mark(name="cut", at_seconds=0.5),),
        ),
        versions={"PostgreSQL": "18.1"},
        emulated=("the operator",),
    )


def test_tells_the_verdict_first() -> None:
    text = re.sub(
        r"<(script|style)\b.*?</\1>", "", render(_report(_scenario("a"))), flags=re.DOTALL
    )

    assert text.index("The drill passed") < text.index("Scenarios")


def test_names_the_scenarios_that_failed() -> None:
    text = render(_report(_scenario("kept"), _scenario("broken", "broken")))

    assert "The drill failed" in text
    assert "1 of 2 scenarios broke their promise:\n    broken." in text


def test_names_the_scenarios_that_the_machine_was_too_busy_for_and_how_to_repeat_them() -> None:
    text = render(_report(_scenario("kept"), _scenario("late", "starved")))

    assert "This machine was too busy for a verdict" in text
    assert "<code>make drill SCENARIO=late</code>" in text
    assert "broke their promise" not in text


def test_what_was_starved_is_repeated_by_one_command() -> None:
    report = _report(*(_scenario(name, "starved") for name in ("a", "lost", "lost-2", "lost-3")))

    assert report.repeat == "make drill SCENARIO='a lost'"
    assert _report(_scenario("kept")).repeat == ""


def test_a_broken_promise_outweighs_a_starved_machine() -> None:
    report = _report(_scenario("late", "starved"), _scenario("broken", "broken"))

    assert report.verdict == "fail"


def test_escapes_what_a_scenario_says() -> None:
    assert "&lt;with markup&gt;" in render(_report(_scenario("a")))


def test_shows_a_run_that_measured_no_loss() -> None:
    nothing = Distribution.of([])
    measured = _report(_scenario("a"))
    report = measured.model_copy(
        update={"timeline": None, "rpo_seconds": nothing, "rto_seconds": nothing}
    )

    assert "plot-" not in re.sub(r"<script>.*?</script>", "", render(report), flags=re.S)


def test_needs_no_network() -> None:
    page = re.sub(r"<script>.*?</script>", "", render(_report(_scenario("a"))), count=1, flags=re.S)

    assert not re.search(r"(src|href)=[\"'](?!data:)", page)


def test_median_and_worst_of_a_distribution() -> None:
    distribution = Distribution.of([5.0, 1.0, 3.0])

    assert (distribution.p50, distribution.max, distribution.n) == (3.0, 5.0, 3)
    assert Distribution.of([]).max is None


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Debian's chromium")
def test_a_browser_draws_the_plots_and_reports_no_error(tmp_path: Path) -> None:
    page = write(_report(_scenario("a")), tmp_path)

    dom = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--virtual-time-budget=5000", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
        check=True,
    )

    assert "The drill passed" in dom.stdout
    widths = {}
    for plot in ("timeline", "rpo", "rto"):
        drawn = dom.stdout[dom.stdout.index(f'id="plot-{plot}"') :][:3000]
        width = re.search(r'class="main-svg"[^>]*?width="([0-9.]+)"', drawn)
        assert width, plot
        widths[plot] = float(width[1])
    assert widths["rpo"] == widths["rto"] < widths["timeline"] / 2, (
        "side by side, none over another"
    )
    assert "CONSOLE" not in dom.stderr


def test_a_written_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    report = _report(_scenario("switchover"), _scenario("failback", "broken"))

    write(report, tmp_path)

    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert Report.model_validate_json(text) == report


def test_shows_the_matrix_of_failures_and_what_it_was_played_on(tmp_path: Path) -> None:
    cell = Cell(
        command=command_named("failover"),
        region="primary",
        mode=mode_named("swallowed SYN"),
        moment="before",
    )
    lie = Result(cell=cell, outcome="hanging", expected=frozenset(("done",)), seconds=240.0)
    failures.write([lie], tmp_path / "failures.json", of=failures.Whole())
    matrix = Matrix.read(tmp_path / "failures.json")

    text = render(_report(_scenario("a")).model_copy(update={"failures": matrix}))

    assert "1 cells, 1 wrong" in text
    assert "<td>failover</td><td>primary</td><td>X</td>" in text
    assert "double of the host program" in text


def test_a_matrix_that_was_never_played_is_not_shown(tmp_path: Path) -> None:
    assert Matrix.read(tmp_path / "failures.json") is None
    assert 'id="failures"' not in render(_report(_scenario("a")))


def _side_by_side() -> Report:
    """A drill that streamed, beside what `make losses` played of every mode."""
    streaming, archive, synchronous = (
        Mode(replication=mode) for mode in ("streaming", "archive", "synchronous")
    )
    losses = {
        mode: [
            LossResult(
                mode="refused",
                rpo_seconds=seconds,
                rto_seconds=9.0,
                since_decision_seconds=6.0,
                lost=int(seconds * 100),
                acknowledged=400,
            )
            for seconds in found
        ]
        for mode, found in (
            (streaming, (0.021, 0.043)),
            (archive, (3.25, 4.5)),
            (synchronous, (0.0, 0.0)),
        )
    }
    return _report(_scenario("region-lost")).model_copy(
        update={
            "modes": {streaming.name: ModeResult.of(streaming, losses[streaming])},
            "side_by_side": SideBySide(
                played_at="2026-11-26T11:00:00Z",
                machine="2 cores",
                ground="embedded",
                modes={
                    mode.name: ModeResult.of(mode, losses[mode]) for mode in (archive, synchronous)
                },
            ),
        }
    )


def test_shows_what_a_loss_costs_per_mode_and_who_played_it() -> None:
    page = render(_side_by_side())

    (section,) = re.findall(r'<section id="modes">.*?</section>', page, flags=re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", section)[1:]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    assert [row[:3] for row in cells] == [
        ["streaming", "this drill", "2"],
        ["archive", "make losses", "2"],
        ["synchronous", "make losses", "2"],
    ]
    assert [row[5:] for row in cells] == [
        ["0.043 s", "6", "800"],
        ["4.500 s", "775", "800"],
        ["0.000 s", "0", "800"],
    ]


def test_draws_the_losses_of_every_mode_over_one_axis() -> None:
    (section,) = re.findall(
        r'<section id="modes">.*?</section>', render(_side_by_side()), flags=re.DOTALL
    )

    data = re.search(r'"plot-modes",\s*(\[.*?\]),\s*\{"template"', section, flags=re.DOTALL)
    assert data is not None
    drawn = {each["name"]: each["x"] for each in json.loads(data[1])}
    assert drawn == {
        "synchronous, make losses": [0.0, 0.0],
        "archive, make losses": [3.25, 4.5],
        "streaming, this drill": [0.021, 0.043],
    }
