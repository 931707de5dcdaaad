"""A slice of `make life`: the scenario that goes furthest, and what a broken promise looks like."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from drill.aws.embedded_aws import EmbeddedAws
from drill.life import report
from drill.life.__main__ import exit_code, judged, main, play
from drill.life.catalogue import SCENARIOS
from drill.life.scenario import Outcome, Scenario, must
from drill.life.system import System
from drill.starvation.load import Load
from pgtwin.configuration import set_amis
from topology.load import parse

pytestmark = pytest.mark.slow
NO_AWS = EmbeddedAws((), log=Path("/dev/null"))
"""Never started: nothing of it is asked for."""


def _pinned(folder: Path) -> Path:
    config = folder / "pinned.yaml"
    shutil.copy("config/default.yaml", config)
    set_amis(config, {"primary": "ami-0123456789abcdef0", "dr": "ami-0fedcba9876543210"})
    return config


def test_a_first_deployment_that_fails_is_taken_back_and_repeated(tmp_path: Path) -> None:
    out = tmp_path / "life.json"

    code = main(["--scenario", "fails-for-good", "--out", str(out)])

    (played,) = json.loads(out.read_text())["scenarios"]
    assert played["why"] == ""
    assert (played["name"], played["passed"], played["lost"]) == ("fails-for-good", True, 0)
    assert code == 0


def test_a_broken_promise_and_a_loss_are_told(tmp_path: Path) -> None:
    def breaks(_: System) -> int:
        must(False, "a stack was left")
        return 0

    def loses(_: System) -> int:
        return 2

    outcomes = [
        play(Scenario(name=name, promise="", play=how), NO_AWS, _pinned(tmp_path), tmp_path)
        for name, how in (("breaks", breaks), ("loses", loses))
    ]
    assert [(each.passed, each.lost, each.why) for each in outcomes] == [
        (False, None, "a stack was left"),
        (False, 2, "2 of what had to stay is gone"),
    ]


def test_resumed_it_keeps_what_the_same_code_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, config = tmp_path / "life.json", _pinned(tmp_path)
    kept = Outcome(name="protected", passed=True, seconds=1.0, lost=0)
    broken = Outcome(name="deployed-again", passed=False, seconds=1.0, lost=2, why="gone")
    report.write([broken, kept], out, source=report.source(config))
    options = ["--config", str(config), "--out", str(out), "--scenario", "protected", "--resume"]

    code = main(options)

    assert "1 scenarios, 1 of them played before" in capsys.readouterr().err
    assert report.read(out, report.source(config)) == [broken, kept]
    assert code == 1
    config.write_text(config.read_text() + "# edited\n")
    assert report.read(out, report.source(config)) == []


def test_an_error_that_nobody_expected_breaks_its_scenario_and_no_other(tmp_path: Path) -> None:
    def stumbles(_: System) -> int:
        raise RuntimeError("no such service")

    scenario = Scenario(name="stumbles", promise="", play=stumbles)
    outcome = play(scenario, NO_AWS, _pinned(tmp_path), tmp_path)

    assert (outcome.passed, outcome.lost) == (False, None)
    assert outcome.why == "RuntimeError: no such service"


def test_what_a_busy_computer_did_not_keep_is_no_broken_promise() -> None:
    kept = Outcome(name="kept", passed=True, seconds=1.0, lost=0)
    broken = Outcome(name="broken", passed=False, seconds=1.0, lost=None, why="a time-out")
    busy, idle = (Load(slowdown=slowdown, write_seconds=0.0) for slowdown in (8.0, 1.0))

    starved = judged(broken, busy)

    assert (judged(kept, busy), judged(broken, idle)) == (kept, broken)
    assert "work took 8.0 times as long" in starved.starved
    assert exit_code([kept]) == 0
    assert exit_code([kept, starved]) == 75
    assert exit_code([starved, broken]) == 1


def test_every_scenario_is_played_on_a_system_of_its_own_with_either_site_as_the_writer() -> None:
    names = [scenario.name for scenario in SCENARIOS]

    for name in names:
        document = yaml.safe_load(Path("config/default.yaml").read_text())
        assert parse({**document, "name": name}).name == name
    assert len(names) == len(set(names))
    writers = {scenario.name: scenario.writer for scenario in SCENARIOS}
    assert {f"dr-{name}" for name, writer in writers.items() if writer == "primary"} == {
        name for name, writer in writers.items() if writer == "dr"
    }


def test_an_interruption_says_how_to_go_on_and_shows_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("drill.life.__main__._play", interrupted)

    code = main(["--config", str(_pinned(tmp_path)), "--out", str(tmp_path / "life.json")])

    assert code == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith("has what was played - repeat with: --resume")


def test_bad_input_is_refused_before_anything_starts(tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("name: UPPER\n")

    with pytest.raises(SystemExit, match="2"):
        main(["--config", str(config)])
