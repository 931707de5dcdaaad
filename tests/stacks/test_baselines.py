"""What AWS' own linters say of the templates."""

import json
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from tests.stacks.conftest import CONFIGS
from tests.stacks.synthesised import ROOT, Synthesised, synthesise
from topology.load import load

ZONES_ARE_LISTED = "W3010"
"""cfn-lint would have zones looked up; here they are listed, so that none is lost unseen."""


def test_passes_cfn_lint(shipped: dict[str, Synthesised]) -> None:
    files = [
        str(path)
        for name in ("default", "ha")
        for path in (shipped[name].folder / "cdk.out").glob("*.template.json")
    ]

    lint = subprocess.run(
        [
            str(Path(sys.executable).parent / "cfn-lint"),
            *files,
            "--ignore-checks",
            ZONES_ARE_LISTED,
            "--format",
            "parseable",
        ],
        check=False,
        capture_output=True,
        text=True,
    )

    assert lint.stdout == ""
    assert lint.returncode == 0


def attach(app: cdk.App) -> None:
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def attach_nist(app: cdk.App) -> None:
    cdk.Validations.of(app).add_plugins(NIST80053R5Checks(app))


@pytest.mark.parametrize("name", CONFIGS)
def test_every_finding_of_nist_800_53_is_acknowledged_with_a_reason(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    topology = load(ROOT / f"config/{name}.yaml")

    synthesise(topology, tmp_path, attach_nist)  # a finding is an error

    printed = capfd.readouterr()
    assert "NIST.800.53.R5-" not in printed.out + printed.err, "a warning"


@pytest.mark.parametrize("name", CONFIGS)
def test_passes_the_aws_solutions_rules(name: str, tmp_path: Path) -> None:
    topology = load(ROOT / f"config/{name}.yaml")

    synthesise(topology, tmp_path, attach)  # a finding is an error

    assert (tmp_path / "cdk.out" / "manifest.json").exists()


def test_the_aws_solutions_rules_would_find_something(tmp_path: Path) -> None:
    def spoil(app: cdk.App) -> None:
        attach(app)
        aws_s3.Bucket(cdk.Stack(app, "Careless"), "Open")

    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        synthesise(load(ROOT / "config/default.yaml"), tmp_path, spoil)


def test_the_rules_of_nist_800_53_would_find_something(tmp_path: Path) -> None:
    def spoil(app: cdk.App) -> None:
        attach_nist(app)
        aws_s3.Bucket(cdk.Stack(app, "Careless"), "Open")

    with pytest.raises(RuntimeError, match=r"NIST\.800\.53\.R5-S3BucketLoggingEnabled"):
        synthesise(load(ROOT / "config/default.yaml"), tmp_path, spoil)


def test_checkov_is_told_at_each_resource_which_rules_stay_and_why(
    shipped: dict[str, Synthesised],
) -> None:
    """`make checkov` judges the templates; here, that what it leaves out is said where it is."""
    resources = [
        resource
        for path in (shipped["default"].folder / "cdk.out").glob("*.template.json")
        for resource in json.loads(path.read_text(encoding="utf-8"))["Resources"].values()
    ]
    told = [
        (resource["Type"], each["id"], each["comment"])
        for resource in resources
        for each in resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
    ]
    secrets = sum(each["Type"] == "AWS::SecretsManager::Secret" for each in resources)

    assert all(rule.startswith("CKV_") and len(why) > 20 for _, rule, why in told)
    assert len([kind for kind, rule, _ in told if rule == "CKV_AWS_149"]) == secrets
