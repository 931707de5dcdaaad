"""The documents show the figures of docs/measured.json, and none that was typed by hand."""

import re
from pathlib import Path

import pytest

from drill.measured.__main__ import documents
from drill.measured.document import HOME, Figure, Measured
from drill.measured.tables import with_figures
from drill.rehearsed_configuration import ARCHIVE_TIMEOUT_SECONDS

ROOT = Path(__file__).parents[3]
_FIGURE = re.compile(r"\d[\d,.]*(?: to \d[\d,.]*)? (?:s|ms|min|KiB|MiB|GiB|cores|states|times)\b")
_BLOCK = re.compile(r"<!-- measured: .*?<!-- /measured -->|^```.*?^```", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"(?:^ *\|.*\n)+", re.MULTILINE)
_NUMBER = r"(?:1/)?\d[\d,.]*"
_UNIT = r"(?: (?:MiB/s|MiB|GiB|KiB|s|ms|min|h|rows|cores|times))?"
_BARE = re.compile(rf"{_NUMBER}(?: (?:to|of) {_NUMBER})*{_UNIT}")
"""A cell that is a number and nothing else; a setting has a name or backticks beside it."""
TYPED = {
    ("docs/architecture.md", "| | 40 GiB planned | 1 TiB planned |"): "arithmetic from the prices: "
    "tests/pgtwin/test_cost_estimate.py",
    ("docs/contributing.md", "| change | before | now | at most half |"): "counted by hand once, "
    "and what is now by tests/test_recipes.py",
    (
        "docs/cost.md",
        "| US dollars per month | primary | dr |",
    ): "arithmetic: tests/pgtwin/test_cost_estimate.py",
    ("docs/deploy.md", "| what | at the same time | seconds | how known |"): "estimates, which no "
    "machine gave; what was measured of them is between markers",
    ("docs/restore.md", "| what | at least | the program waits |"): "arithmetic: "
    "tests/test_documented_restore_times.py",
}
"""Tables of figures that were not measured, and what they are."""
CHOSEN = {f"{ARCHIVE_TIMEOUT_SECONDS} s"}
"""Not measured, but set."""


def _figure(value: float) -> Figure:
    return Figure(name="failback", ground="rig", value=value, date="2026-11-22", machine="", by="")


@pytest.mark.parametrize("document", documents(ROOT), ids=lambda path: path.name)
def test_a_table_shows_what_the_home_of_the_figures_holds(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    assert with_figures(text, Measured.read(ROOT / HOME)) == text


def test_a_figure_that_was_typed_into_a_table_does_not_survive() -> None:
    measured = Measured(figures=(_figure(31),))
    text = with_figures("<!-- measured: headline -->\n<!-- /measured -->\n", measured)
    assert "31 s" in text

    assert with_figures(text.replace("31 s", "30 s"), measured) == text


def test_a_figure_that_was_typed_into_a_sentence_does_not_survive() -> None:
    measured = Measured(figures=(_figure(31),))
    typed = "It takes <!-- measured: failback -->30 s<!-- /measured -->, twice."

    assert with_figures(typed, measured) == typed.replace("30 s", "31 s")


@pytest.mark.parametrize("document", documents(ROOT), ids=lambda path: path.name)
def test_no_line_begins_with_the_figure_of_a_sentence(document: Path) -> None:
    """The site takes a comment that begins a line for HTML, and breaks the sentence there."""
    text = document.read_text(encoding="utf-8")

    assert not re.findall(r"^ *<!-- measured: .*?-->[^\n].*", text, re.MULTILINE)


def test_a_sentence_cannot_show_a_figure_that_two_grounds_have() -> None:
    both = (_figure(31), _figure(20).model_copy(update={"ground": "embedded"}))

    with pytest.raises(LookupError, match="failback was measured on 2 grounds"):
        with_figures("<!-- measured: failback --><!-- /measured -->", Measured(figures=both))


def _typed(path: Path) -> set[str]:
    """The heads of the tables outside of the markers with a bare figure behind the first column."""
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    return {
        lines[0].strip()
        for table in _TABLE.findall(text)
        for lines in [table.splitlines()]
        if any(_BARE.fullmatch(cell) for line in lines[2:] for cell in _behind_the_first(line))
    }


def _behind_the_first(line: str) -> list[str]:
    return [cell.strip(" *+-~") for cell in line.strip(" |").split("|")[1:]]


@pytest.mark.parametrize(
    "path",
    [*documents(ROOT), *sorted((ROOT / "docs/runbooks").glob("*.md"))],
    ids=lambda path: path.name,
)
def test_no_table_has_figures_that_were_typed_by_hand(path: Path) -> None:
    name = str(path.relative_to(ROOT))

    assert _typed(path) == {head for page, head in TYPED if page == name}


def test_a_table_of_typed_figures_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    table = "| compression | taken MiB/s |\n| --- | --- |\n| lz4 | {} |\n"

    found = {}
    for cell in ("187", "**1,234.5**", "3 s", "1/7.9", "25 of 407 rows", "2", "`2`", "as before"):
        page.write_text(table.format(cell))
        found[cell] = bool(_typed(page))

    assert [cell for cell, is_typed in found.items() if not is_typed] == ["`2`", "as before"]


def test_the_readme_shows_no_measured_figure_outside_of_its_tables() -> None:
    prose = _BLOCK.sub("", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert set(_FIGURE.findall(prose)) <= CHOSEN
