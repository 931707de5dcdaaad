"""Every part is pinned, by its hash where that is known."""

import re
import tomllib
from pathlib import Path

from supply_chain.__main__ import PIP_AUDIT, npm, python
from supply_chain.parts import parts
from supply_chain.sbom import sbom

ROOT = Path(__file__).parents[1]
BY_VERSION_ONLY = {"cloudnative-pg", "plugin-barman-cloud", "cert-manager"}
"""The charts: k3s' Helm controller compares no hash (helm-controller, api/v1/types.go)."""


def test_every_python_and_npm_package_is_pinned_by_its_hash() -> None:
    known = [part for part in parts(ROOT) if part.purl.startswith(("pkg:pypi/", "pkg:npm/"))]

    assert len(known) > 100
    assert [part.name for part in known if not part.hashes] == []


def test_what_installs_and_builds_them_is_pinned_by_its_hash_too() -> None:
    known = {part.name: part for part in parts(ROOT)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    builds = [line for line in lines if "uv pip install" in line or "uv build" in line]
    installs = [line for line in lines if "-m pip install" in line and "$(GO)" not in line]

    assert known["uv"].hashes
    assert known["setuptools"].hashes
    wanted = f"setuptools=={known['setuptools'].version}"
    assert project["build-system"]["requires"] == [wanted]
    assert len(builds) > 3
    assert [line for line in builds if "$(BUILD)" not in line] == []
    assert len(installs) == 1
    assert "--require-hashes -r requirements-setup.lock" in installs[0]


def test_only_these_parts_are_pinned_by_a_version_alone() -> None:
    assert {part.name for part in parts(ROOT) if not part.hashes} == BY_VERSION_ONLY


def test_actions_of_ci_go_by_their_commit() -> None:
    """A tag can be moved by whoever takes the action's repository."""
    used = [
        use
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for use in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    ]

    assert used
    assert [use for use in used if not re.search(r"@[0-9a-f]{40}$", use)] == []


def test_tools_that_are_fetched_for_one_run_are_pinned_by_version() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    runs = [line for line in makefile.splitlines() if "uv tool run" in line]
    tools = [tool for line in runs for tool in re.findall(r"(?:--from|--with) (\S+)", line)]
    pinned = dict(re.findall(r"^([A-Z_]+) := (\S+==\S+)$", makefile, re.MULTILINE))

    assert tools
    assert [tool for tool in tools if tool.strip("$()") not in pinned] == []
    assert "==" in PIP_AUDIT


def test_the_bill_of_materials_names_each_part_once() -> None:
    names = [each["bom-ref"] for each in sbom(parts(ROOT))["components"]]

    assert len(names) == len(set(names))
    assert any(name.startswith("pkg:pypi/boto3@") for name in names)


def test_what_could_not_be_asked_about_is_not_taken_for_clean() -> None:
    skipped = {"dependencies": [{"name": "x", "skip_reason": "not found"}]}

    assert python(skipped) == {"asked": 0, "unknown": 1, "findings": []}
    assert python({})["unknown"] == "all"
    assert npm({"message": "405"})["unknown"] == "all"


def test_an_advisory_is_a_finding() -> None:
    known = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1"}]}
    answer = {
        "vulnerabilities": {"y": {"severity": "high"}},
        "metadata": {"dependencies": {"total": 5}},
    }

    assert python({"dependencies": [known]})["findings"] == ["x 1: PYSEC-1"]
    assert npm(answer) == {"asked": 5, "unknown": 0, "findings": ["y: high"]}
