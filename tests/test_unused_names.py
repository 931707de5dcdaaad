"""What a module keeps to itself it uses."""

import ast
import re
from collections.abc import Iterator

from tests.golden import ROOT
from tests.test_sizes import PACKAGES


def _private(tree: ast.Module) -> Iterator[str]:
    """The names with an underscore that a module defines; a decorator may be what uses one."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def unused(source: str) -> set[str]:
    """Private names that stand nowhere but where they are defined."""
    names = {name for name in _private(ast.parse(source)) if re.match(r"_[a-zA-Z]", name)}
    return {name for name in names if len(re.findall(rf"\b{name}\b", source)) == 1}


def test_a_private_name_that_is_defined_is_used() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    found = {path: unused(path.read_text(encoding="utf-8")) for path in files}

    assert not {path: names for path, names in found.items() if names}


def test_a_name_that_is_left_over_is_found() -> None:
    assert unused('_LEFT = "x"\n_A, _B = 1, 2\nprint(_A)\n\ndef _f(): ...\n') == {
        "_LEFT",
        "_B",
        "_f",
    }
