"""Every drill and benchmark refuses wrong input on one line, before anything is made or deleted."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drill import command as whole_drill
from drill.consistency import command as consistency
from drill.losses import command as losses
from drill.options import Options, count, document, folder, milliseconds

WRONG = {
    "bench.replication": "--config nowhere.yaml",
    "drill.consistency": "--config nowhere.yaml",
    "drill.corpus": "--database nosuch",
    "drill.failures": "--config nowhere.yaml",
    "drill.losses": "--config nowhere.yaml",
}


def parser() -> Options:
    made = Options("drill", "What it does.")
    made.add_config()
    made.add_names("--scenario", ["follows", "failback"], "only this one")
    made.add_argument("--runs", type=count)
    made.add_argument("--distance-ms", type=milliseconds)
    return made


def test_a_configuration_is_read_once_and_comes_with_what_it_says() -> None:
    config = parser().parse_args([]).config

    assert config.path == Path("config/default.yaml")
    assert config.topology.name == "pgtwin"


def test_no_name_in_a_help_is_broken_at_its_hyphen() -> None:
    made, name = Options("drill", "What it does."), "dr-machine-replaced"
    for long in range(80):
        made.add_names(f"--{long}", ["x" * long, name], "only this one")

    assert made.format_help().count(name) == 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (f"--runs {'9' * 50}x", "--runs: a whole number, 1 or more, not '9"),
        ("--runs 0", "--runs: a whole number, 1 or more, not '0'"),
        ("--runs=-1", "--runs: a whole number, 1 or more, not '-1'"),
        ("--runs many", "--runs: a whole number, 1 or more, not 'many'"),
        ("--distance-ms=-1", "--distance-ms: a number, 0 or more, not '-1'"),
        ("--distance-ms nan", "--distance-ms: a number, 0 or more, not 'nan'"),
        ("--distance-ms far", "--distance-ms: a number, 0 or more, not 'far'"),
        ("--nosuch", "unrecognized arguments: --nosuch"),
    ],
)
def test_wrong_input_is_refused_on_one_line_that_names_the_option(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments.split())

    line = capsys.readouterr().err
    assert ended.value.code == 2
    assert line.startswith(f"python -m drill: {said}")
    assert line.count("\n") == 1


def test_every_mistake_of_a_configuration_has_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("name: UPPER\nwriter: both\n")

    with pytest.raises(SystemExit):
        parser().parse_args(["--config", str(config)])

    said = capsys.readouterr().err
    assert all(line.startswith(f"{config}: ") for line in said.splitlines())
    assert {f"{config}: name", f"{config}: writer"} <= {
        ": ".join(line.split(": ")[:2]) for line in said.splitlines()
    }


def test_a_configuration_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["--config", "nowhere.yaml"])

    line = capsys.readouterr().err
    assert ended.value.code == 2
    assert line.startswith("nowhere.yaml: the file: ")
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    "parse",
    [
        lambda out: whole_drill._parser().parse_args(["--out", out]),
        lambda out: losses._parser().parse_args(["--out", f"{out}.json"]),
        lambda out: consistency._parser().parse_args(["--out", f"{out}.json"]),
    ],
    ids=["drill", "losses", "consistency"],
)
def test_a_folder_that_no_run_made_is_never_emptied(
    parse: Callable[[str], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("the only copy")

    with pytest.raises(SystemExit) as ended:
        parse(str(mine))

    assert ended.value.code == 2
    assert f"would empty {mine}" in capsys.readouterr().err


def test_the_folder_of_an_earlier_run_an_empty_one_and_a_new_one_are_used(tmp_path: Path) -> None:
    earlier, empty = tmp_path / "earlier", tmp_path / "empty"
    for each in (earlier, empty):
        each.mkdir()
    (earlier / "drill.log").touch()

    judged = folder("drill.log")

    assert [judged(str(each)) for each in (earlier, empty, tmp_path / "new")] == [
        earlier,
        empty,
        tmp_path / "new",
    ]


@pytest.mark.parametrize("name", ["results", "results.txt", "."])
def test_a_result_is_a_json_file(name: str) -> None:
    with pytest.raises(Exception, match=r"a file whose name ends with \.json"):
        document()(name)


@pytest.mark.slow
@pytest.mark.parametrize("module", WRONG)
def test_a_command_refuses_wrong_input_on_one_line_and_no_import_warns(module: str) -> None:
    """Without XDG_RUNTIME_DIR, for which a library warns when it is imported."""
    environment = {key: value for key, value in os.environ.items() if key != "XDG_RUNTIME_DIR"}

    ran = subprocess.run(
        [sys.executable, "-m", module, *WRONG[module].split()],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    begins = "nowhere.yaml: " if "nowhere" in WRONG[module] else f"python -m {module}: --"
    assert ran.returncode == 2
    assert ran.stderr.startswith(begins)
    assert ran.stderr.count("\n") == 1
