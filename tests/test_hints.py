"""The next step of a message has one form; docs/contributing.md, "Errors and hints", has it."""

import ast
import re
from collections.abc import Iterator

import pytest

from pgtwin.__main__ import COMMANDS
from tests.golden import ROOT
from tests.host_verbs import verbs

_MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z-]+):", _MAKEFILE, re.MULTILINE)
PROGRAMS = (
    *(f"pgtwin {name.replace('_', '-')}" for name in COMMANDS),
    *("pgtwin-host", "sudo", "kubectl", "journalctl", "dropdb", "apt-get", "modprobe"),
    *(f"make {target}" for target in TARGETS),
    *("aws [a-z0-9]+", "cdk [a-z]+"),
)
_COMMAND = re.compile(rf"(?:: |- |; |, see |\()(?:{'|'.join(PROGRAMS)})\b")
_INTRODUCED = re.compile(r"(?:run|repeat|then|Example|Start with|default): $")
_PAGE = re.compile(r"docs/[\w/{}-]+\.md")
_HALF = re.compile(r"(?:; |\. )(?:take|repeat|choose|restore to|try)\b[^-;]*$")
"""A next step that is said as one more thing that happened."""
ADDRESSES = {"docs/runbooks/{}.md", "docs/measured.md", "docs/performance.md"}
"""Where a page is, told by itself."""


def _literals() -> Iterator[tuple[str, str]]:
    for folder in ("host", "pgtwin", "topology", "charts", "stacks", "drill", "bench"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for line, text in texts(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(ROOT)}:{line}", text


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Every string of a module that is no docstring; `{}` is what is filled in."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
            parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in node.values)
            yield node.lineno, "".join(map(str, parts))
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, node.value


LITERALS = list(_literals())


def problems(text: str) -> Iterator[str]:
    """What is wrong with the form of the hints in a text."""
    for found in _COMMAND.finditer(text):
        if not _INTRODUCED.search(text[: found.start() + 2]):
            yield f"a bare command: {found[0][2:]}"
    if text not in ADDRESSES:
        for found in _PAGE.finditer(text):
            if not text[: found.start()].endswith(("read: ", "Runbook: ")):
                yield f"a page without `read: `: {found[0]}"
    if half := _HALF.search(text):
        yield f"no hint after ` - `: {half[0]}"
    if re.search(r"(?:- |, |; |\()see\b(?: docs|:| the)|^see docs|\bsee: ", text):
        yield "see"


def test_every_hint_has_the_documented_form() -> None:
    found = [f"{where}: {each}" for where, text in LITERALS for each in problems(text)]

    assert not found, "\n".join(found)


def test_a_failback_that_is_named_leaves_the_writer_where_it_is() -> None:
    """But for a plan's own repetition, and where the switchover at its end is said."""
    says_so = re.compile(
        r"failback --site (?:\S+ --(?:stay|release|from-archive)\b"
        r"|\S+, which ends with a switchover)"
    )
    named = [(where, text) for where, text in LITERALS if "pgtwin failback" in text]
    repeated = "pgtwin failback --site {}{}"

    assert named
    assert not [
        f"{where}: {text}"
        for where, text in named
        if text.count("pgtwin failback --") != len(says_so.findall(text)) and text != repeated
    ]


def test_every_page_that_a_hint_names_is_there() -> None:
    named = {page for _, text in LITERALS for page in _PAGE.findall(text)} - ADDRESSES

    assert named
    assert not {page for page in named if not (ROOT / page).exists()}


def test_every_verb_that_a_hint_names_is_there() -> None:
    named = {verb for _, text in LITERALS for verb in re.findall(r"pgtwin-host ([a-z_]+)", text)}

    assert named
    assert named <= verbs()


@pytest.mark.parametrize(
    "text",
    [
        "dr is fenced - pgtwin failback --site dr",
        "dr is fenced; pgtwin failback --site dr",
        "it is running - wait for its end: pgtwin backup list",
        "clients are kept out - see docs/operate.md",
        "it is not healthy - see: pgtwin status",
        "it failed (docs/restore.md)",
        "it is damaged; take the dump from the other bucket",
    ],
)
def test_another_form_is_noticed(text: str) -> None:
    assert list(problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "dr is fenced - run: pgtwin failback --site dr",
        "they disagree - run: pgtwin status, then: pgtwin record --writer SITE",
        "clients are kept out - read: docs/operate.md, 'Clients'",
    ],
)
def test_the_documented_form_is_accepted(text: str) -> None:
    assert not list(problems(text))
