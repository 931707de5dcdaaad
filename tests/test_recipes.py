"""docs/contributing.md: the files of its recipes are there, and its counts are what it names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden import ROOT
from topology.load import load

_DOCUMENT = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
_RECIPE = re.compile(r"^### ([^\n]+)\n\n\| \| file \|.*?\n((?:\|.*\n)+)", re.MULTILINE)
_CHANGE = re.compile(r"^\| ([^|]+) \| (\d+) \| (\d+) \(([^)]+)\) \| (yes|no) \|$", re.MULTILINE)
_CLAIM = re.compile(r"newcomer played, (\d+) now take at most half of the files and (\d+) do not")
RECIPES = {title: rows.splitlines()[1:] for title, rows in _RECIPE.findall(_DOCUMENT)}
CHANGES = _CHANGE.findall(_DOCUMENT)
OF_A_NEWCOMER = (
    "add streaming",
    "fix the loss estimate",
    "change the dump's retention",
    "add an alarm",
)


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
        "A release",
    }


@pytest.mark.parametrize(("change", "before", "now", "named", "half"), CHANGES)
def test_a_change_takes_as_many_files_as_are_named(
    change: str, before: str, now: str, named: str, half: str
) -> None:
    assert int(now) == len(named.split(", ")), change
    assert half == ("yes" if _halved(before, now) else "no"), change


def test_as_many_of_a_newcomers_changes_are_halved_as_the_text_says() -> None:
    played = [each for name in OF_A_NEWCOMER for each in CHANGES if each[0].startswith(name)]
    halved = sum(_halved(before, now) for _, before, now, *_ in played)
    claim = _CLAIM.search(" ".join(_DOCUMENT.split()))

    assert len(played) == len(OF_A_NEWCOMER)
    assert claim
    assert (int(claim[1]), int(claim[2])) == (halved, len(played) - halved)


def _halved(before: str, now: str) -> bool:
    return 2 * int(now) <= int(before)


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
