"""Imports point one way: the table of docs/architecture.md, held by reading every file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUNS_IN_A_POD = ROOT / "charts" / "dump"
_DOCUMENT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([a-z_]+)/` \|.*\| ([a-z, -]+) \|$", re.MULTILINE)
_FLOOR = re.compile(r"^\| ((?:`[a-z]+`(?:, )?)+) \| [^|]+ \|$", re.MULTILINE)
PACKAGES = ("topology", "charts", "stacks", "host", "pgtwin", "drill", "bench", "supply_chain")
ALLOWED = {
    name: set() if allowed == "-" else set(allowed.split(", "))
    for name, allowed in _ROW.findall(_DOCUMENT)
    if name in PACKAGES
}
FLOORS = [re.findall(r"[a-z]+", names) for names in _FLOOR.findall(_DOCUMENT)]
"""Of `host/`, the lowest first."""
THIRD_PARTY_OF_THE_HOST = {"boto3", "botocore"}


def imported_modules(path: Path) -> Iterator[str]:
    """What a file imports, with what it takes from a package: that may be a module too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _imports(path: Path) -> set[str]:
    return {module.partition(".")[0] for module in imported_modules(path)}


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_the_table_names_every_package() -> None:
    assert ALLOWED.keys() == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_the_table_allows(package: str) -> None:
    strangers = ALLOWED.keys() - ALLOWED[package] - {package}

    for path in _files(package):
        assert not strangers & _imports(path), path


def test_the_stacks_take_nothing_of_the_host_program_but_its_deadlines_and_paths() -> None:
    taken = {module for path in _files("stacks") for module in imported_modules(path)}

    homes = {module.rpartition(".")[0] for module in taken if module.startswith("host.")}
    assert homes == {"host.deadlines", "host.machine.paths"}


def test_the_host_program_needs_only_the_standard_library_and_boto3() -> None:
    import sys

    for path in _files("host"):
        foreign = _imports(path) - sys.stdlib_module_names - {"host"}
        assert foreign <= THIRD_PARTY_OF_THE_HOST, path


def test_every_part_of_the_host_program_has_its_floor() -> None:
    parts = {path.stem for path in (ROOT / "host").iterdir() if path.suffix in {".py", ""}}

    assert {part for floor in FLOORS for part in floor} == parts - {
        "__init__",
        "__main__",
        "__pycache__",
    }


@pytest.mark.parametrize("floor", range(len(FLOORS)), ids=lambda floor: "-".join(FLOORS[floor]))
def test_a_part_of_the_host_program_imports_nothing_from_a_floor_above(floor: int) -> None:
    above = {part for each in FLOORS[floor + 1 :] for part in each}

    for path in _files("host"):
        if path.relative_to(ROOT / "host").parts[0].removesuffix(".py") in FLOORS[floor]:
            taken = {
                module.split(".")[1] for module in imported_modules(path) if module[:5] == "host."
            }
            assert not taken & above, path


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
