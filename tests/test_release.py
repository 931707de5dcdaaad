"""The wheel gives a working `pgtwin` outside the checkout: in an environment of its own."""

import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.golden import ROOT
from tests.waiting import HANGS_SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("release")]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
_CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
Completed = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one that `make release` built, or one that is built now."""
    if given := request.config.getoption("--wheel"):
        return Path(given)
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        ["uv", "build", "--quiet", "--wheel", "--out-dir", str(folder)], cwd=ROOT, check=True
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment's folder of programs."""
    venv = tmp_path_factory.mktemp("venv") / "venv"
    subprocess.run(["uv", "venv", "--quiet", str(venv)], check=True)
    python = venv / "bin" / "python"
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", str(python), str(wheel)], check=True
    )
    return venv / "bin"


def _pgtwin(installed: Path, folder: Path, *arguments: str, **variables: str) -> Completed:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(installed / "pgtwin"), *arguments],
        cwd=folder,
        env={**environment, "HOME": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_SECONDS,
    )


def test_the_wheel_holds_the_operators_command_and_nothing_of_the_checkout_beside_it(
    wheel: Path,
) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names}

    assert {each for each in top if not each.endswith(".dist-info")} == {"pgtwin", "topology"}
    for data in (
        "pgtwin/cost/prices.json",
        "pgtwin/commands/session.conf",
        "pgtwin/page/frame.html.j2",
        "pgtwin/page/style.css",
        "pgtwin/report/report.html.j2",
        "topology/regions.txt",
    ):
        assert data in names


def test_every_module_of_the_wheel_can_be_imported(wheel: Path, installed: Path) -> None:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in zipfile.ZipFile(wheel).namelist()
        if name.endswith(".py") and not name.endswith("__main__.py")
    ]
    said = subprocess.run(
        [str(installed / "python"), "-I", "-c", f"import {', '.join(modules)}"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    "command", [["cost"], ["failover", "--to", "dr", "--dry-run"], ["upgrade", "--dry-run"]]
)
def test_a_command_works_with_a_configuration_that_is_named(
    installed: Path, tmp_path: Path, command: list[str]
) -> None:
    shutil.copy(ROOT / "config/default.yaml", tmp_path / "mine.yaml")

    done = _pgtwin(installed, tmp_path, *command, "--config", "mine.yaml")

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_report_is_written_where_no_region_answers(installed: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "config/default.yaml", tmp_path / "mine.yaml")
    nobody = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
    }

    done = _pgtwin(installed, tmp_path, "report", "--config", "mine.yaml", **nobody)

    assert done.returncode == 0, done.stderr
    assert "<h2>Lag over the last day</h2>" in (tmp_path / "pgtwin-report.html").read_text("utf-8")


def test_the_plots_of_a_report_need_no_further_package(installed: Path) -> None:
    program = (
        "from pgtwin.page.plots import figure, html\n"
        "drawn = figure(height=100, x='', y='seconds')\n"
        "drawn.add_scatter(x=[1, 2], y=[1.0, None])\n"
        "drawn.add_hline(y=1.0, annotation={'text': 'alarm'})\n"
        "print(html('lag', drawn))\n"
    )

    drawn = subprocess.run(
        [str(installed / "python"), "-I", "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )

    assert drawn.returncode == 0, drawn.stderr
    assert "plot-lag" in drawn.stdout


def test_a_wrong_configuration_is_refused_with_every_problem(
    installed: Path, tmp_path: Path
) -> None:
    text = (ROOT / "config/default.yaml").read_text(encoding="utf-8")
    wrong = text.replace("instances: 3", "instances: three").replace("writer: primary", "writer: x")
    (tmp_path / "mine.yaml").write_text(wrong, encoding="utf-8")

    done = _pgtwin(installed, tmp_path, "cost", "--config", "mine.yaml")

    assert done.returncode == 2
    assert "primary.instances" in done.stderr
    assert "writer" in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"]], ids=str)
def test_a_tool_runner_runs_it_without_an_installation(
    wheel: Path, tmp_path: Path, words: list[str]
) -> None:
    """`pipx run` does the same: an environment of its own, made from the wheel alone."""
    done = subprocess.run(
        ["uv", "tool", "run", "--quiet", "--isolated", "--from", str(wheel), "pgtwin", *words],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_SECONDS,
    )

    assert done.returncode == 0, done.stderr
    assert "doctor" in done.stdout if words == ["--help"] else done.stdout.strip() == VERSION


def test_the_version_has_its_section_in_the_changelog() -> None:
    sections = re.findall(r"^## \[(.+?)\] - (.+)$", _CHANGELOG, re.MULTILINE)

    assert sections
    newest, when = sections[0]
    assert newest == VERSION
    assert when == "unreleased" or re.fullmatch(r"\d{4}-\d\d-\d\d", when)


def test_without_a_configuration_it_says_how_to_name_one(installed: Path, tmp_path: Path) -> None:
    done = _pgtwin(installed, tmp_path, "cost")

    assert done.returncode == 2
    assert "--config" in done.stderr
