"""Imports point one way: the table of docs/architecture.md, held by reading every file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUNS_IN_A_POD = ROOT / "charts" / "dump"
_ROW = re.compile(r"^\| `([a-z]+)/` \|.*\| ([a-z, -]+) \|$", re.MULTILINE)
PACKAGES = ("topology", "charts", "stacks", "host", "pgtwin", "drill")
ALLOWED = {
    name: set() if allowed == "-" else set(allowed.split(", "))
    for name, allowed in _ROW.findall((ROOT / "docs/architecture.md").read_text(encoding="utf-8"))
    if name in PACKAGES
}
THIRD_PARTY_OF_THE_HOST = {"boto3", "botocore"}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield (node.module or "").partition(".")[0]


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_the_table_names_every_package() -> None:
    assert ALLOWED.keys() == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_the_table_allows(package: str) -> None:
    strangers = ALLOWED.keys() - ALLOWED[package] - {package}

    for path in _files(package):
        assert not strangers & set(_imports(path)), path


def test_the_host_program_needs_only_the_standard_library_and_boto3() -> None:
    import sys

    for path in _files("host"):
        foreign = set(_imports(path)) - sys.stdlib_module_names - {"host"}
        assert foreign <= THIRD_PARTY_OF_THE_HOST, path


def test_nothing_below_the_app_reads_the_environment_of_the_process() -> None:
    for package in ("topology", "charts", "stacks"):
        for path in _files(package):
            if path.parent == RUNS_IN_A_POD:
                continue
            text = path.read_text(encoding="utf-8")
            assert "os.environ" not in text, path
            assert "getenv" not in text, path
            assert "try_get_context" not in text, path


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "constants"])
def test_no_file_is_called_after_nothing_in_particular(name: str) -> None:
    for package in ALLOWED:
        assert not list((ROOT / package).rglob(f"{name}*"))
