"""The real CDK CLI deploys the real app, and later changes touch only what they must.

The tests stand in the order of one system's life, and the last of them ends it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from drill.aws.deployment import Deployment, DeploymentFailed
from drill.aws.embedded_aws import EmbeddedAws
from tests.drill.aws.conftest import deployed

PRIMARY, DR = "eu-west-1", "eu-west-2"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("embedded-aws")]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A system that nobody else looks at."""
    with deployed(tmp_path_factory.mktemp("life")) as both:
        yield both


def instances(aws: EmbeddedAws) -> dict[str, str]:
    """Every machine that runs: its id and when it was launched."""
    return {
        instance["InstanceId"]: str(instance["LaunchTime"])
        for region in (PRIMARY, DR)
        for reservation in aws.client("ec2", region).describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] == "running"
    }


def data_volumes(aws: EmbeddedAws) -> dict[str, str]:
    """Every data volume: its id and its node."""
    return {
        volume["VolumeId"]: tag["Value"]
        for region in (PRIMARY, DR)
        for volume in aws.client("ec2", region).describe_volumes()["Volumes"]
        for tag in volume.get("Tags", [])
        if tag["Key"] == "pgtwin:node"
    }


def parameters(aws: EmbeddedAws) -> dict[str, tuple[str, int]]:
    """Every SSM parameter of the system: its value and version."""
    return {
        found["Name"]: (found["Value"], found["Version"])
        for region in (PRIMARY, DR)
        for found in aws.client("ssm", region).get_parameters_by_path(
            Path="/pgtwin", Recursive=True
        )["Parameters"]
    }


def secrets(aws: EmbeddedAws) -> dict[str, str]:
    """Every secret of the primary region: its name and value."""
    client = aws.client("secretsmanager", PRIMARY)
    return {
        secret["Name"]: client.get_secret_value(SecretId=secret["Name"])["SecretString"]
        for secret in client.list_secrets()["SecretList"]
    }


def test_every_resource_of_the_templates_exists(deployment: Deployment) -> None:
    accounting = deployment.account()

    assert accounting.missing == ()
    assert accounting.not_emulated == ("AWS::SSM::Association",)
    assert accounting.created > 100


def test_a_machine_has_what_its_template_asks_for(deployment: Deployment) -> None:
    found = deployment.embedded.client("ec2", PRIMARY).describe_instances()["Reservations"]
    machine = found[0]["Instances"][0]

    assert machine["MetadataOptions"]["HttpTokens"] == "required"
    assert machine["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert "PublicIpAddress" not in machine
    assert machine["IamInstanceProfile"]


def test_a_bucket_has_what_its_template_asks_for(deployment: Deployment) -> None:
    s3 = deployment.embedded.client("s3", PRIMARY)
    bucket = f"backup-bucket-ew1-{deployment.embedded.account}"

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())


def test_credentials_are_the_same_in_both_regions(deployment: Deployment) -> None:
    values = {
        deployment.embedded.client("secretsmanager", region).get_secret_value(
            SecretId="pgtwin/database/app_user"
        )["SecretString"]
        for region in (PRIMARY, DR)
    }

    assert len(values) == 1


def test_a_second_deploy_changes_nothing(deployment: Deployment) -> None:
    aws = deployment.embedded
    before = (instances(aws), data_volumes(aws), parameters(aws), secrets(aws))

    deployment.deploy_assembly()

    assert (instances(aws), data_volumes(aws), parameters(aws), secrets(aws)) == before


def protect(deployment: Deployment) -> None:
    """`pgtwin protect`, which `make deploy` ends with."""
    pgtwin(deployment, "protect")


def pgtwin(deployment: Deployment, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pgtwin", *arguments, "--config", str(deployment.config)],
        env={**os.environ, **deployment.embedded.environment(PRIMARY)},
        check=True,
    )


def fail_over(aws: EmbeddedAws) -> None:
    """What a failover leaves of the stacks: both names lead to DR, and the primary is fenced."""
    route53, ssm = aws.client("route53", DR), aws.client("ssm", DR)
    (balancer,) = aws.client("elbv2", DR).describe_load_balancers()["LoadBalancers"]
    outputs = ssm.get_parameter(Name="/pgtwin/pgtwin/dr/outputs")["Parameter"]["Value"]
    assert json.loads(outputs)["load_balancer"] == balancer["DNSName"]
    target = {
        "HostedZoneId": balancer["CanonicalHostedZoneId"],
        "DNSName": balancer["DNSName"],
        "EvaluateTargetHealth": False,
    }
    record = {"Name": "writer.pgtwin.internal", "Type": "A", "AliasTarget": target}
    for zone in route53.list_hosted_zones()["HostedZones"]:
        route53.change_resource_record_sets(
            HostedZoneId=zone["Id"],
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
        )
    denial = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    aws.client("iam", PRIMARY).put_role_policy(
        RoleName="pgtwin-primary-server",
        PolicyName="pgtwin-fence",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [denial]}),
    )


def test_a_protected_system_refuses_to_be_destroyed(deployment: Deployment) -> None:
    protect(deployment)

    with pytest.raises(DeploymentFailed, match="TerminationProtection"):
        deployment.destroy()

    assert deployment.account().missing == ()


@pytest.fixture(scope="module")
def unprotected(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The same system with another manifest and without termination protection."""
    config = yaml.safe_load(Path("config/default.yaml").read_text("utf-8"))
    config["database"]["archive_timeout_seconds"] = 30
    config["primary"]["termination_protection"] = config["dr"]["termination_protection"] = False
    path = tmp_path_factory.mktemp("unprotected") / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return replace(deployment, config=path)


def test_a_changed_manifest_replaces_no_instance_and_no_volume(
    deployment: Deployment, unprotected: Deployment
) -> None:
    aws = deployment.embedded
    machines, volumes, before = instances(aws), data_volumes(aws), parameters(aws)

    unprotected.deploy()

    assert instances(aws) == machines
    assert data_volumes(aws) == volumes
    after = parameters(aws)
    moved = {name for name, was in before.items() if after[name] != was}
    assert moved == {"/pgtwin/pgtwin/primary/bundle", "/pgtwin/pgtwin/dr/bundle"}


def test_destroy_after_a_failover_leaves_buckets_volumes_and_secrets(
    unprotected: Deployment,
) -> None:
    aws = unprotected.embedded
    volumes, kept = data_volumes(aws), secrets(aws)
    protect(unprotected)  # lifts it
    fail_over(aws)

    pgtwin(unprotected, "prepare-destroy", "--yes-destroy", "pgtwin")
    unprotected.destroy()

    assert instances(aws) == {}
    assert data_volumes(aws) == volumes
    assert secrets(aws) == kept
    for region, bucket in ((PRIMARY, "backup-bucket-ew1"), (DR, "backup-bucket-ew2")):
        aws.client("s3", region).head_bucket(Bucket=f"{bucket}-{aws.account}")
        vpcs = aws.client("ec2", region).describe_vpcs()["Vpcs"]
        assert all(vpc["IsDefault"] for vpc in vpcs)
