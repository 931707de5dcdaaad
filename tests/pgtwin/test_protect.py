"""`pgtwin protect`: stacks and machines of a site that is ready, and of no other.

Real: the command line as a process. Emulated: AWS, in which the stacks hold one parameter each.
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from tests.pgtwin.conftest import REGIONS, REPOSITORY, Completed, run_pgtwin
from topology.load import load
from topology.site import SITES
from topology.topology import Topology

ONE = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "a"}}
Protect = Callable[[], Completed]


@pytest.fixture
def topology(config: Path) -> Topology:
    return load(config)


@pytest.fixture
def protect(aws: EmbeddedAws, config: Path) -> Protect:
    environment = {**os.environ, **aws.environment("eu-west-2")}
    return lambda: run_pgtwin("protect", "--config", str(config), environment=environment)


def make(aws: EmbeddedAws, topology: Topology) -> None:
    for site, region in zip(SITES, REGIONS, strict=True):
        aws.client("cloudformation", region).create_stack(
            StackName=topology.names.stack(site),
            TemplateBody=json.dumps({"Resources": {"One": ONE}}),
        )


def machine(aws: EmbeddedAws, topology: Topology) -> str:
    tags = {"system": topology.name, "site": "dr", "node": "server-1"}
    listed = [{"Key": f"pgtwin:{key}", "Value": value} for key, value in tags.items()]
    made = aws.client("ec2", "eu-west-2").run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )
    return str(made["Instances"][0]["InstanceId"])


def stacks(aws: EmbeddedAws, topology: Topology) -> list[bool]:
    """Whether each site's stack refuses deletion."""
    return [
        aws.client("cloudformation", region).describe_stacks(StackName=topology.names.stack(site))[
            "Stacks"
        ][0]["EnableTerminationProtection"]
        for site, region in zip(SITES, REGIONS, strict=True)
    ]


def refuses(aws: EmbeddedAws, instance: str) -> bool:
    """Whether a machine refuses termination."""
    said = aws.client("ec2", "eu-west-2").describe_instance_attribute(
        InstanceId=instance, Attribute="disableApiTermination"
    )
    return bool(said["DisableApiTermination"]["Value"])


def test_stacks_and_machines_are_protected_and_set_free_as_configured(
    aws: EmbeddedAws, topology: Topology, config: Path, protect: Protect
) -> None:
    make(aws, topology)
    instance = machine(aws, topology)

    assert protect().returncode == 0
    assert stacks(aws, topology) == [True, True]
    assert refuses(aws, instance)

    text = config.read_text().replace("cidr:", "termination_protection: false\n  cidr:")
    config.write_text(text)
    assert protect().returncode == 0
    assert stacks(aws, topology) == [False, False]
    assert not refuses(aws, instance)


def test_a_creation_that_failed_is_not_protected(
    aws: EmbeddedAws, topology: Topology, protect: Protect
) -> None:
    aws.doom(topology.names.stack("primary"), "One", "no capacity", times=1)
    make(aws, topology)

    refused = protect()

    assert refused.returncode == 2
    assert "is ROLLBACK_COMPLETE" in refused.stderr
    assert stacks(aws, topology)[0] is False


def test_a_region_that_does_not_answer_keeps_the_other_from_nothing(
    aws: EmbeddedAws, topology: Topology, protect: Protect
) -> None:
    make(aws, topology)
    aws.cut(topology.primary.region)
    try:
        done = protect()
    finally:
        aws.heal(topology.primary.region)

    assert done.returncode == 3, done.stderr
    assert topology.names.stack("primary") in done.stderr
    assert stacks(aws, topology) == [False, True]


def test_a_deployment_protects_before_it_links_as_a_link_needs_both_regions() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\ndeploy: ")[2].partition("\n\n")[0]

    assert 0 < recipe.index("pgtwin protect") < recipe.index("@pgtwin link")


def test_a_deployment_that_fails_protects_what_was_protected_and_fails(tmp_path: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\t@$(CDK) deploy $(STACKS)")[2].partition("\n\t@")[0]
    told = tmp_path / "told"
    for name, code in (("cdk", 7), ("pgtwin", 2)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} $1 >> {told}\nexit {code}\n")
        program.chmod(0o755)
    (tmp_path / "Makefile").write_text(f"deploy:\n\t@cdk deploy{recipe}\n")

    ended = subprocess.run(
        ["make", "-C", str(tmp_path), "deploy"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.read_text() == "cdk deploy\npgtwin protect\n"
    assert "Error 7" in ended.stderr


def test_nothing_is_done_where_nothing_is_deployed(protect: Protect) -> None:
    done = protect()

    assert done.returncode == 0
    assert done.stdout == "primary: no stack\ndr: no stack\n"
