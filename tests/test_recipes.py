"""docs/contributing.md: the files of its recipes are there, and its counts are what it names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden import ROOT
from topology.load import load

_DOCUMENT = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
_RECIPE = re.compile(r"^### ([^\n]+)\n\n\| \| file \|.*?\n((?:\|.*\n)+)", re.MULTILINE)
_CHANGE = re.compile(r"^\| ([^|]+) \| \d+ \| (\d+) \(([^)]+)\) \|$", re.MULTILINE)
RECIPES = {title: rows.splitlines()[1:] for title, rows in _RECIPE.findall(_DOCUMENT)}
CHANGES = _CHANGE.findall(_DOCUMENT)


def _files(row: str) -> Iterator[Path]:
    """Those of a row's second column; of `folder/<name>.py` the folder."""
    for name in re.findall(r"`([^`]+)`", row.split("|")[2]):
        known = re.split(r"[<*]", name)[0]
        yield ROOT / known if known == name else (ROOT / f"{known}_").parent


@pytest.mark.parametrize("title", RECIPES)
def test_the_files_of_a_recipe_are_there_and_numbered_in_their_order(title: str) -> None:
    rows = RECIPES[title]

    assert [int(row.split("|")[1]) for row in rows] == list(range(1, len(rows) + 1))
    assert not [path for row in rows for path in _files(row) if not path.exists()]


def test_there_is_a_recipe_for_each_change_that_a_newcomer_makes() -> None:
    assert RECIPES.keys() >= {
        "A setting of the configuration",
        "An alarm",
        "A command of `pgtwin`",
        "A verb of the machines (`pgtwin-host`)",
        "A resource type of AWS",
        "A scenario of the drill",
        "A way in which a region fails",
    }


@pytest.mark.parametrize(("change", "count", "named"), CHANGES)
def test_a_change_takes_as_many_files_as_are_named(change: str, count: str, named: str) -> None:
    assert int(count) == len(named.split(", ")), change


@pytest.mark.parametrize(
    ("line", "changed"),
    [("", "replication: streaming\n"), ("dump_retention_days: 30", "dump_retention_days: 20")],
)
def test_a_change_of_one_file_is_one_line_of_the_configuration(
    tmp_path: Path, line: str, changed: str
) -> None:
    before = (ROOT / "config/default.yaml").read_text(encoding="utf-8")
    assert line in before
    path = tmp_path / "config.yaml"
    path.write_text(before.replace(line, changed, 1), encoding="utf-8")

    assert load(path) != load(ROOT / "config/default.yaml")
