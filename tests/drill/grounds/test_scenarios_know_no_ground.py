"""Scenarios are played through the interface of a ground, and each ground conforms to it."""

import ast
from pathlib import Path

import pytest

from drill.ground import Ground, Need
from drill.grounds.embedded import EmbeddedGround
from drill.scenarios import catalogue

ROOT = Path(__file__).parents[3]
PLAYED_ANYWHERE = sorted((ROOT / "drill/scenarios").glob("*.py")) + [
    ROOT / "drill" / name for name in ("drill.py", "twin.py", "view.py", "vital_signs.py")
]
KNOWN = {
    "drill.computer",
    "drill.ground",
    "drill.host_gateway",
    "drill.pgtwin_command",
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


def test_the_embedded_ground_conforms(tmp_path: Path) -> None:
    conforms: type[Ground] = EmbeddedGround  # mypy is the test

    assert conforms is EmbeddedGround


def test_every_lack_of_a_ground_is_a_need_of_some_scenario() -> None:
    needed: set[Need] = {need for scenario in catalogue.ALL for need in scenario.needs}

    assert EmbeddedGround.lacks.keys() <= needed
