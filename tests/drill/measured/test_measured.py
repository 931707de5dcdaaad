"""Measured figures have one home, and the documents show what it holds."""

import re
from pathlib import Path

import pytest

from bench.replicated_pair import WAYS
from bench.replication import Sample, ratios, sample
from drill.life.catalogue import SCENARIOS
from drill.measured import archive, replication
from drill.measured.__main__ import figures_of, main
from drill.measured.aims import ON_EVERY_GROUND, ON_ONE_GROUND, aim
from drill.measured.catalogue import KINDS
from drill.measured.configured_losses import MANY
from drill.measured.document import HOME, Figure, Measured
from drill.measured.tables import FIGURE_TABLES, METHODS, TABLES, with_figures
from drill.replication_mode import AS_CONFIGURED
from drill.report.distribution import Distribution
from drill.report.document import Outcome, Report, Rows, ScenarioResult, verdict
from drill.report.losses import LossResult, ModeResult, SideBySide
from drill.scenarios import catalogue

ROOT = Path(__file__).parents[3]


def _result(name: str, outcome: Outcome, seconds: float | None = 7.25) -> ScenarioResult:
    return ScenarioResult(
        name=name,
        sentence="",
        outcome=outcome,
        bound_seconds=5,
        measured_seconds=seconds,
        lost=0,
        phantom=0,
        duration_seconds=9,
        details={"pauses_seconds": [3.0, 4.0]},
    )


@pytest.mark.parametrize(
    ("pauses", "slowest"),
    [
        ({"jdbc": 4.5, "psycopg": 3}, 4.5),
        ([{"jdbc": 4.5, "psycopg": 3}, {"jdbc": 9}], 4.5),
        ("not tried - run: apt-get install pgbouncer", None),
        ([], None),
        ({}, None),
    ],
)
def test_the_slowest_pool_is_a_figure_where_pools_were_tried(
    pauses: object, slowest: float | None
) -> None:
    result = _result("switchover", "kept").model_copy(
        update={"details": {"pools_pauses_seconds": pauses}}
    )
    figures = {each.name: each.value for each in figures_of(_report(result))}

    assert figures.get("switchover-pools") == slowest


def _report(*scenarios: ScenarioResult) -> Report:
    nothing = Distribution.of([])
    return Report(
        verdict=verdict(scenarios),
        ground="rig",
        machine="2 cores, 4 GiB, Linux x86_64",
        ready_seconds={"primary": 80.5},
        started_at="2026-11-22T10:00:00Z",
        duration_seconds=200,
        configuration="config/default.yaml",
        scenarios=scenarios,
        rpo_seconds=nothing,
        rto_seconds=nothing,
        rows=Rows(acknowledged=1, lost=0, phantom=0),
    )


def _figure(value: float, name: str = "failback") -> Figure:
    return Figure(name=name, ground="rig", value=value, date="2026-11-22", machine="", by="")


def test_every_figure_is_known_and_says_how_it_was_measured() -> None:
    for figure in Measured.read(ROOT / HOME).figures:
        assert figure.by == METHODS[figure.name], figure.name
        assert figure.date
        assert figure.machine


def test_every_figure_of_a_scenario_is_of_one_that_exists() -> None:
    names = {scenario.name for scenario in catalogue.ALL}

    for figure, by in METHODS.items():
        if by.startswith("scenario"):
            assert by.split("`")[1] in names, figure


def test_a_report_gives_the_figures_of_what_was_played() -> None:
    report = _report(_result("switchover", "kept"), _result("failback", "broken"))

    figures = {figure.name: figure.value for figure in figures_of(report)}

    assert figures == {
        "ready-primary": 80.5,
        "switchover-to-dr": 3.0,
        "switchover-back": 4.0,
        "failback": 7.25,
    }


@pytest.mark.parametrize(("count", "taken"), [(MANY - 1, False), (MANY, True)])
def test_many_losses_at_the_configured_timeout_are_figures(count: int, taken: bool) -> None:
    loss = LossResult(
        mode="refused",
        rpo_seconds=31.0,
        rto_seconds=9.0,
        since_decision_seconds=5.0,
        lost=9,
        acknowledged=99,
        slowest_lag_seconds=62.0,
    )
    mode = ModeResult.of(AS_CONFIGURED, [loss] * count)
    kept = SideBySide(played_at="", machine="", ground="", modes={AS_CONFIGURED.name: mode})
    report = _report().model_copy(update={"side_by_side": kept})

    figures = {each.name: each.value for each in figures_of(report)}

    assert (figures.get("configured-rpo-worst") == 31.0) == taken
    assert (figures.get("configured-lag-worst") == 62.0) == taken


@pytest.mark.parametrize("mode", ["streaming", "synchronous"])
def test_a_drill_of_another_mode_changes_no_figure_of_the_archive(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    report = _report(_result("failback", "kept")).model_copy(update={"replication": mode})
    (tmp_path / "report.json").write_text(report.model_dump_json())

    assert main(["--from", "report.json"]) == 2

    assert f"played with `replication: {mode}`; nothing of it was taken" in capsys.readouterr().err
    assert not (tmp_path / HOME).exists()


def test_only_a_whole_drill_tells_how_long_one_takes() -> None:
    every = [_result(scenario.name, "not played") for scenario in catalogue.ALL]
    again = _result("region-lost-2", "kept")

    taken = [
        {figure.name for figure in figures_of(_report(*results))}
        for results in (every, every[1:], [*every, again])
    ]

    assert ["drill" in names for names in taken] == [True, False, False]


@pytest.mark.parametrize("outcome", ["starved", "not played"])
def test_what_was_not_judged_is_no_figure(outcome: Outcome) -> None:
    report = _report(_result("failback", outcome))

    assert "failback" not in {figure.name for figure in figures_of(report)}


@pytest.mark.parametrize(
    ("value", "highest", "shown"),
    [
        (12, None, "12 s (aim 12 s: met)"),
        (12.5, None, "12.5 s (aim 12 s: missed)"),
        (11, 13, "11 to 13 s (aim 12 s: missed)"),
    ],
)
def test_a_figure_says_whether_it_is_what_was_aimed_for(
    value: float, highest: float | None, shown: str
) -> None:
    figure = _figure(value, "instance-deleted").model_copy(update={"highest": highest})

    text = with_figures(
        "<!-- measured: inside-a-site -->\n<!-- /measured -->\n", Measured(figures=(figure,))
    )

    assert f"| {shown} |" in text


def test_what_is_aimed_for_on_one_ground_is_not_held_against_another() -> None:
    assert (aim("drill", "embedded"), aim("drill", "rig")) == (240, 1800)
    assert aim("drill", "clusters") is None


def test_every_aim_is_of_a_figure_that_exists() -> None:
    known = {kind.name for kind in KINDS}

    assert ON_EVERY_GROUND.keys() | {name for name, _ in ON_ONE_GROUND} <= known


def test_a_tenth_of_a_core_is_told_from_what_is_above_it() -> None:
    idle = _result("idle-follower", "kept").model_copy(update={"details": {"cores": 0.1042}})
    (cores,) = [each for each in figures_of(_report(idle)) if each.name == "idle-follower-cores"]

    text = with_figures(
        "<!-- measured: headline -->\n<!-- /measured -->\n", Measured(figures=(cores,))
    )

    assert "0.104 cores (aim 0.1 cores: missed)" in text


def test_a_newer_figure_replaces_that_of_its_name_and_ground_alone() -> None:
    embedded = _figure(20).model_copy(update={"ground": "embedded"})
    measured = Measured(figures=(embedded, _figure(31), _figure(5, "follows")))

    merged = measured.merged([_figure(29)])

    assert {(each.name, each.ground, each.value) for each in merged.figures} == {
        ("failback", "embedded", 20),
        ("failback", "rig", 29),
        ("follows", "rig", 5),
    }


@pytest.mark.parametrize("held", [b"{}", b'{"figures": [', b"\xff\xfe\x00", b""])
def test_a_file_that_is_no_report_is_refused_and_changes_nothing(
    held: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.json").write_bytes(held)

    assert main(["--from", "report.json"]) == 2

    assert "report.json: no report of a drill" in capsys.readouterr().err
    assert not (tmp_path / HOME).exists()


def test_a_benchmark_that_names_its_figures_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "docs/page.md"
    page.parent.mkdir()
    for document in (page, tmp_path / "README.md"):
        document.write_text("<!-- measured: replication -->\n<!-- /measured -->\n")
    name = "replication-streaming-80-ms-p99"
    figure = _figure(1.5, name).model_copy(update={"ground": "offline", "by": replication.BY})
    (tmp_path / "bench.json").write_text(f'{{"figures": [{figure.model_dump_json()}]}}')

    assert main(["--from", "bench.json"]) == 0

    assert Measured.read(tmp_path / HOME).find(name, "offline") == figure
    assert "| streaming, 80 ms | - | - | 1.50 |" in page.read_text()


def test_a_count_of_a_part_says_of_how_many_and_of_which_code() -> None:
    counted = {"ground": "offline", "of": 5412, "commit": "0123abcd"}
    figure = _figure(239, "failures").model_copy(update=counted)

    text = with_figures(
        "<!-- measured: offline -->\n<!-- /measured -->\n", Measured(figures=(figure,))
    )

    assert "| 239 of 5,412 cells, commit 0123abcd |" in text


def test_every_way_that_is_benchmarked_has_its_figures() -> None:
    assert tuple(way.name for way in WAYS[1:]) == replication.WAYS
    assert replication.MEASURES.keys() == Sample.__dataclass_fields__.keys()


def test_a_benchmark_that_measures_what_no_table_has_is_a_defect() -> None:
    with pytest.raises(KeyError, match="at-rest-archive-minutes"):
        replication.AT_REST.figures({"archive": {"minutes": 1.0}})


def test_no_two_tables_have_a_figure_of_the_same_name() -> None:
    names = [name for each in FIGURE_TABLES for name in each.methods()]

    assert len(set(names)) == len(names)
    assert not set(names) & {kind.name for kind in KINDS}


def test_what_the_archive_is_set_to_is_marked_in_its_tables() -> None:
    measured = Measured.read(ROOT / HOME)
    chosen = re.compile(r"^\| \*\*(\w+)\*\* \| \*\*(\d)\*\* \|", re.MULTILINE)

    marked = [chosen.findall(TABLES[each.name](measured)) for each in (archive.WAL, archive.BASE)]

    assert marked == [[("zstd", "1")], [("lz4", "2")]]


def test_what_a_segment_costs_step_by_step_adds_up_to_what_was_measured() -> None:
    measured = Measured.read(ROOT / HOME)

    _, *steps = archive.segment(measured)

    whole = measured.only("archive-wal-gzip-1-cpu").value
    assert sum(float(seconds) for _, seconds in steps) == pytest.approx(whole, abs=0.03)


def test_a_way_is_compared_with_the_archive_of_the_same_round() -> None:
    archive = [sample([1.0] * 100, 1), sample([2.0] * 50, 1)]
    found = {way.name: [sample([2.0] * 50, 1), sample([4.0] * 25, 1)] for way in WAYS}

    against = ratios({**found, WAYS[0].name: archive})["streaming, 11 ms"]

    assert against == Sample(transactions_per_second=0.5, median_ms=2.0, p99_ms=2.0)


def test_the_figure_of_deployments_counts_each_of_their_scenarios() -> None:
    unit = next(each.unit for each in KINDS if each.name == "life")

    assert unit == f"of {len(SCENARIOS)}"
