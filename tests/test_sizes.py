"""A module is one thought and a function is one screen; the aims are in docs/contributing.md."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden import ROOT

MODULE_LINES = 250
FUNCTION_LINES = 40
PACKAGES = ("bench", "charts", "drill", "host", "pgtwin", "stacks", "topology")
TALL = {
    "drill/thief/attempts_on_control.py:on_control": "a table of attempts",
    "host/__main__.py:_parser": "one line per verb and argument",
    "stacks/doctor_rights.py:doctor_rights": "a table of rights",
    "stacks/people_rights.py:_machines": "a table of rights",
    "stacks/people_rights.py:_operator": "a table of rights",
    "stacks/people_rights.py:_observer": "a table of rights",
    "stacks/server_rights.py:server_rights": "a table of rights",
    "stacks/site_document.py:site_document": "one line per key of site.json",
}
"""Tables that are functions: cutting them in two would hide that they are whole."""


def _files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def _functions() -> Iterator[tuple[str, int]]:
    """Each function with its lines, the docstring and the signature left out."""
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = ast.get_docstring(node) is not None and len(node.body) > 1
                first = node.body[1 if documented else 0]
                lines = (node.end_lineno or 0) - first.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.name}", lines


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_is_one_thought(package: str) -> None:
    lines = {path: len(path.read_text().splitlines()) for path in (ROOT / package).rglob("*.py")}

    assert not {path: count for path, count in lines.items() if count > MODULE_LINES}


def test_a_function_is_one_screen() -> None:
    tall = {name: lines for name, lines in _functions() if lines > FUNCTION_LINES}

    assert not {name: lines for name, lines in tall.items() if name not in TALL}
    assert not TALL.keys() - tall.keys(), "no longer tall: take them out of TALL"
