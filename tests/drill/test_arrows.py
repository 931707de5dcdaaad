"""docs/architecture.md: what is played imports what it is played on, and nothing back."""

import re
from pathlib import Path

import pytest

from tests.golden import ROOT
from tests.test_imports import imported_modules

DRILL = ROOT / "drill"
_DOCUMENT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
_TABLE = r"^\| {heading} \| folder of `drill/` \|.*\n\| ---.*\n((?:\|.*\n)+)"


def _folders(heading: str) -> set[str]:
    """What the second column of a table names; what follows a colon or a semicolon is inside."""
    table = re.search(_TABLE.format(heading=heading), _DOCUMENT, re.MULTILINE)
    assert table, heading
    cells = (re.split("[:;]", row.split("|")[2])[0] for row in table[1].splitlines())
    return {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}


PLAYED, PLAYED_ON, SHARED = map(_folders, ("played", "played on", "shared by both"))


def _files(part: str) -> list[Path]:
    """Of a folder of `drill/`, or of a module beside the folders."""
    module = DRILL / f"{part}.py"
    return [module] if module.is_file() else sorted((DRILL / part).rglob("*.py"))


def _taken_by(part: str) -> set[str]:
    taken = (name.split(".") for path in _files(part) for name in imported_modules(path))
    return {name[1] for name in taken if name[0] == "drill" and len(name) > 1} - {part}


def _reached_from(part: str) -> set[str]:
    """Every part that it imports, also through another."""
    reached, left = {part}, [part]
    while left:
        fresh = _taken_by(left.pop()) - reached
        reached |= fresh
        left += fresh
    return reached


def test_every_folder_stands_in_one_of_the_tables() -> None:
    named = [*PLAYED, *PLAYED_ON, *SHARED]
    folders = {path.parent.name for path in DRILL.glob("*/__init__.py")}

    assert sorted(named) == sorted(folders)


@pytest.mark.parametrize("part", sorted(PLAYED_ON | SHARED))
def test_nothing_that_is_played_on_imports_what_is_played(part: str) -> None:
    assert not _reached_from(part) & PLAYED


def test_what_is_shared_imports_no_ground() -> None:
    for part in SHARED:
        assert not _reached_from(part) & PLAYED_ON


def test_the_arrow_is_seen_where_there_is_one() -> None:
    assert "traffic" in _reached_from("scenarios")
