"""Nothing in docs/restore.md that no test does: each command is typed by exactly one.

Where a command stands in a sentence it is told from a name by its blanks, or by its `=`. What has
blanks and is no command is listed here, with the file that says it.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from pgtwin.__main__ import app
from tests import restore_page
from tests.golden import ROOT

SAID_BY = {
    "12 rows of 3 tables are equal": ("host/verification/comparison.py", "tables are equal"),
    "WITH GRANT OPTION": ("tests/charts/dump/test_dump_privileges.py", "with grant option"),
    "could not look": ("host/verification/verification.py", '"could not look"'),
    "not judged": ("host/verification/verification.py", '"not judged"'),
    "postgres-cluster, unseen": ("pgtwin/deletion.py", ", unseen"),
    "set PGHOST, PGPORT, PGUSER and PGPASSWORD": (
        "pgtwin/commands/restore_dump.py",
        "set PGHOST, PGPORT, PGUSER and PGPASSWORD",
    ),
    "timed out": ("host/machine/waiting.py", "timed out"),
    "what was made by then stays to be looked at": (
        "pgtwin/commands/restore_dump.py",
        "what was made by then stays to be looked at",
    ),
}
"""What the page quotes, not in the words of a command."""
RULES = {"make synth": "tests/topology/test_verification_room.py"}
"""A command that the page gives for what it refuses, by the test of that."""
_ASKED = {"console", "sql", "typed"}
"""The functions of tests/restore_page.py that hand out what is to be typed."""
_NOT_RUN = re.compile(r"mark\.(skip|skipif|xfail)\b|pytest\.(skip|xfail|importorskip)\(")


@dataclass(frozen=True)
class Asked:
    """A test that asks for words of the page."""

    where: str
    function: str
    words: str
    used: bool
    """Whether anything is done with them."""


def _asked() -> Iterator[Asked]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "restore_page" in text and path != Path(__file__):
            yield from _asked_in(str(path.relative_to(ROOT)), ast.parse(text))


def _asked_in(where: str, tree: ast.Module) -> Iterator[Asked]:
    thrown_away = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
        name = ast.unparse(node.func).removeprefix("restore_page.")
        if name in _ASKED:
            words = " ".join(ast.unparse(each) for each in node.args).removeprefix("restore_page.")
            yield Asked(where, name, words.strip("'\""), id(node) not in thrown_away)


ASKED = list(_asked())


def _typed() -> set[str]:
    return {each.words for each in ASKED if each.function == "typed"}


def _commands() -> list[str]:
    return [*restore_page.console(restore_page.GONE), *restore_page.console(restore_page.REST)]


def _options() -> set[str]:
    return {option for command in _leaves() for each in command.params for option in each.opts}


def _leaves() -> Iterator[typer.core.TyperCommand]:
    top = typer.main.get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    for command in top.commands.values():
        inner = command.commands.values() if isinstance(command, typer.core.TyperGroup) else ()
        for each in inner or (command,):
            assert isinstance(each, typer.core.TyperCommand)
            yield each


def _is_mentioned(span: str) -> bool:
    """Whether it is how a command of a block begins, or an option that one has."""
    if span.startswith("--"):
        return span.partition(" ")[0] in _options()
    words = span.removeprefix("pgtwin ")
    return any(f"{each} ".startswith(f"pgtwin {words} ") for each in _commands())


def _is_a_name(span: str) -> bool:
    return not re.search(r"[\s=]", span)


def test_every_command_within_a_sentence_is_typed_by_a_test() -> None:
    known = {*_typed(), *SAID_BY, *RULES}

    unknown = [
        span
        for span in restore_page.spans()
        if span not in known and not _is_mentioned(span) and not _is_a_name(span)
    ]

    assert unknown == []


def test_exactly_one_test_types_each_command_and_does_something_with_it() -> None:
    asked = Counter((each.function, each.words) for each in ASKED)

    assert {words: times for words, times in asked.items() if times != 1} == {}
    assert {words for function, words in asked if function == "console"} == {"GONE", "REST"}
    assert [words for function, words in asked if function == "sql"] == [""]
    assert [each for each in ASKED if not each.used] == []


def test_every_block_is_of_a_language_that_a_test_asks_for() -> None:
    languages = restore_page.languages()

    assert set(languages) == {"console aws", "sql"}
    assert restore_page.TEXT.count("```") == 2 * len(languages)


def test_no_test_that_types_a_command_may_be_passed_over() -> None:
    for where in {each.where for each in ASKED}:
        assert not _NOT_RUN.search((ROOT / where).read_text(encoding="utf-8")), where


def test_nothing_is_listed_that_the_page_does_not_say() -> None:
    assert {*SAID_BY, *RULES, *_typed()} <= set(restore_page.spans())


@pytest.mark.parametrize("quoted", SAID_BY)
def test_what_the_page_quotes_is_said(quoted: str) -> None:
    where, words = SAID_BY[quoted]

    assert words in (ROOT / where).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", RULES)
def test_a_refusal_that_the_page_names_has_its_test(command: str) -> None:
    assert "data_volume_gib" in (ROOT / RULES[command]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("planted", "used"), [("typed('x y')", False), ("run(typed('x y'))", True), ("run()", None)]
)
def test_a_command_that_is_asked_for_and_thrown_away_is_told_from_one_that_is_used(
    planted: str, used: bool | None
) -> None:
    found = [(each.words, each.used) for each in _asked_in("planted", ast.parse(planted))]

    assert found == ([] if used is None else [("x y", used)])


def test_there_is_something_to_type() -> None:
    assert restore_page.console(restore_page.GONE)
    assert restore_page.console(restore_page.REST)
    assert len(_typed()) > len(["one", "another"])


def test_what_no_dump_holds_is_listed_by_the_words_of_its_log() -> None:
    page = " ".join(restore_page.TEXT.split())
    beside = (ROOT / "charts/dump/beside.sql").read_text(encoding="utf-8")
    found = re.findall(r"select (?:distinct )?'((?:[^']|'')+)',", beside)
    kinds = {kind.replace("''", "'") for kind in found}

    assert "other databases" in kinds
    assert sorted(kind for kind in kinds if kind not in page) == []
