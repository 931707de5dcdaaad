"""Scenarios are played through the interface of a ground, and each ground conforms to it."""

import ast
from pathlib import Path

import pytest

from drill.ground import Ground, Need
from drill.grounds.choice import Choice
from drill.grounds.clusters import ClustersGround
from drill.grounds.embedded import EmbeddedGround
from drill.grounds.rig import RigGround
from drill.scenarios import catalogue, machines_lost, verified
from drill.scenarios.scenario import Scenario

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "config" / "default.yaml"
PLAYED_ANYWHERE = sorted((ROOT / "drill/scenarios").glob("*.py")) + [
    ROOT / "drill" / name for name in ("drill.py", "twin.py", "view.py", "vital_signs.py")
]
KNOWN = {
    "drill.awkward_database",
    "drill.computer",
    "drill.failure_modes",
    "drill.ground",
    "drill.ground_site",
    "drill.host_gateway",
    "drill.pgtwin_command",
    "drill.program_port",
    "drill.replication_mode",
    "drill.report",
    "drill.scenarios",
    "drill.starvation",
    "drill.traffic",
    "drill.twin",
    "drill.view",
    "drill.vital_signs",
    "drill.waiting",
    "drill.writer_alias",
}


def _imported(path: Path) -> set[str]:
    """The parts of the drill that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {".".join(name.split(".")[:2]) for name in names if name.startswith("drill.")}


@pytest.mark.parametrize("path", PLAYED_ANYWHERE, ids=lambda path: path.stem)
def test_what_is_played_on_any_ground_imports_the_inside_of_none(path: Path) -> None:
    assert _imported(path) <= KNOWN


def test_the_known_parts_import_the_inside_of_no_ground_either() -> None:
    for name in KNOWN - {"drill.scenarios"}:
        place = ROOT / name.replace(".", "/")
        for path in place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
            assert _imported(path) <= KNOWN, path


GROUNDS: tuple[type[Ground], ...] = (EmbeddedGround, RigGround, ClustersGround)
"""That each conforms is tested by mypy, here."""


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.__name__)
def test_what_a_ground_lacks_is_needed_by_some_scenario_and_has_a_reason(
    ground: type[Ground],
) -> None:
    needed: set[Need] = {need for scenario in catalogue.ALL for need in scenario.needs}
    lacks = vars(ground)["lacks"]

    assert lacks.keys() <= needed
    assert all(lacks.values())


def test_every_scenario_is_played_on_the_rig() -> None:
    assert not RigGround.lacks


@pytest.mark.parametrize("scenario", [machines_lost.SCENARIO, verified.SCENARIO])
def test_what_takes_long_is_played_where_nobody_is_in_a_hurry(
    scenario: Scenario, tmp_path: Path
) -> None:
    made = {
        hurried: Choice(ground="embedded", hurried=hurried).make(CONFIG, tmp_path, print)
        for hurried in (True, False)
    }

    assert "four minutes" in scenario.not_playable(made[True])
    assert not scenario.not_playable(made[False])
