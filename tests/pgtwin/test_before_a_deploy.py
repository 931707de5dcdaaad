"""`pgtwin doctor` before a deployment: one line for each thing in the way, with the command.

Real: the command line as a process. Emulated: AWS. What is named is typed in the place of the AWS
CLI, which takes the same words as the API.
"""

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.life.aws_command import run_aws
from pgtwin.configuration import set_amis
from tests.pgtwin.conftest import run_pgtwin
from topology.load import load

PRIMARY, DR = "eu-west-1", "eu-west-2"


class BeforeDeploy:
    """A configuration, and an AWS where nothing of it is deployed."""

    def __init__(self, aws: EmbeddedAws, config: Path, state: Path) -> None:
        self.aws, self.config = aws, config
        self.topology = load(config)
        self._environment = {**aws.environment(PRIMARY), "XDG_STATE_HOME": str(state)}

    def doctor(self) -> list[dict[str, str]]:
        environment = {**os.environ, **self._environment}
        arguments = ("doctor", "--json", "--config", str(self.config))
        found: list[dict[str, str]] = json.loads(
            run_pgtwin(*arguments, environment=environment).stdout
        )
        return found

    def leftovers(self) -> dict[str, str]:
        """What is in the way, and the command of each."""
        return {
            each["found"]: each["remedy"].removeprefix("run: ")
            for each in self.doctor()
            if each["what"].startswith("leftover of")
        }

    def client(self, service: str, region: str = PRIMARY) -> Any:
        return self.aws.client(service, region)


@pytest.fixture
def before(aws: EmbeddedAws, config: Path, tmp_path: Path) -> BeforeDeploy:
    set_amis(config, {"primary": "ami-0123456789abcdef0", "dr": "ami-0fedcba9876543210"})
    return BeforeDeploy(aws, config, tmp_path / "state")


def record(writer: str) -> dict[str, Any]:
    names = {"primary": "a", "dr": "b"}
    since = "2026-11-22T10:00:00Z"
    return {"epoch": 1, "writer": writer, "server_names": names, "since": since, "by": "failover"}


def leave_an_earlier_life(before: BeforeDeploy) -> None:
    names, here = before.topology.names, before.topology.primary
    where = {"LocationConstraint": PRIMARY}
    for bucket in (names.bucket, names.log_bucket):
        before.client("s3").create_bucket(
            Bucket=bucket(here.bucket, before.aws.account), CreateBucketConfiguration=where
        )
    key = before.client("kms").create_key()["KeyMetadata"]["KeyId"]
    before.client("kms").create_alias(AliasName=names.key_alias("primary"), TargetKeyId=key)
    manager = before.client("secretsmanager")
    manager.create_secret(Name=names.server_token("primary"), SecretString="a")
    manager.create_secret(
        Name=names.database_secret("app_user"),
        SecretString="{}",
        AddReplicaRegions=[{"Region": DR}],
    )
    tags = {"system": before.topology.name, "site": "primary", "node": "agent-1"}
    specified = [{"Key": f"pgtwin:{key}", "Value": value} for key, value in tags.items()]
    before.client("ec2").create_volume(
        AvailabilityZone=f"{PRIMARY}a",
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": specified}],
    )
    before.client("ssm").put_parameter(
        Name=names.record_parameter(), Value=json.dumps(record("primary")), Type="String"
    )


def test_nothing_is_in_the_way_of_a_new_system(before: BeforeDeploy) -> None:
    assert before.leftovers() == {}


def test_every_leftover_is_found_and_its_command_takes_it_out_of_the_way(
    before: BeforeDeploy,
) -> None:
    leave_an_earlier_life(before)
    kinds = Counter(re.split("[ /]", found)[0] for found in before.leftovers())
    once = dict.fromkeys(("alias", "parameter", "volume"), 1)
    assert kinds == {**once, "bucket": 2, "secret": 2}

    for command in before.leftovers().values():
        if command.startswith("aws "):
            run_aws(before.aws, command)
    text = before.config.read_text()
    bucket = before.topology.primary.bucket
    before.config.write_text(re.sub(rf"bucket: {bucket}\b", f"bucket: {bucket}-2", text))

    assert before.leftovers() == {}
    volumes = before.client("ec2").describe_volumes(
        Filters=[{"Name": "tag:pgtwin:system", "Values": [before.topology.name]}]
    )
    assert len(volumes["Volumes"]) == 1, "the data is still there"


def test_what_a_standing_dr_uses_is_adopted_and_never_deleted(before: BeforeDeploy) -> None:
    leave_an_earlier_life(before)
    one = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "a"}}
    before.client("cloudformation", DR).create_stack(
        StackName=before.topology.names.stack("dr"),
        TemplateBody=json.dumps({"Resources": {"One": one}}),
    )
    shared = before.topology.names.database_secret("app_user")

    (remedy,) = [what for found, what in before.leftovers().items() if shared in found]
    before.config.write_text(f"adopt_secrets: true\n{before.config.read_text()}")
    adopted = before.leftovers()

    assert remedy.startswith("set `adopt_secrets: true`")
    assert not any("delete-secret" in what for found, what in adopted.items() if shared in found)
    assert not any(found.startswith(f"secret {shared}") for found in adopted)
    missing = [found for found in adopted if found.startswith("no secret")]
    assert len(missing) == 2, "what is not there cannot be adopted"


def test_a_failed_creation_that_is_protected_is_said_with_its_command(
    before: BeforeDeploy,
) -> None:
    stack = before.topology.names.stack("dr")
    before.aws.doom(stack, "One", "no capacity", times=1)
    one = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "a"}}
    before.client("cloudformation", DR).create_stack(
        StackName=stack,
        TemplateBody=json.dumps({"Resources": {"One": one}}),
        EnableTerminationProtection=True,
    )

    ((found, command),) = before.leftovers().items()

    assert "ROLLBACK_COMPLETE and protected" in found
    run_aws(before.aws, command)
    assert before.leftovers() == {}


def test_alarms_without_a_receiver_and_an_open_image_are_said(before: BeforeDeploy) -> None:
    text = before.config.read_text()
    before.config.write_text(re.sub(r"  ami: .*\n", "", text, count=1))

    found = {each["what"]: each for each in before.doctor()}

    assert found["alarms of primary"]["found"] == "notify nobody"
    assert "alarm_email" in found["alarms of primary"]["remedy"]
    assert found["machine images"]["verdict"] == "missing"
    assert "pin-ami" in found["machine images"]["remedy"]


def test_a_writer_that_the_configuration_does_not_name_is_said(before: BeforeDeploy) -> None:
    before.client("ssm", DR).put_parameter(
        Name=before.topology.names.record_parameter(),
        Value=json.dumps(record("dr")),
        Type="String",
    )

    (found,) = [each for each in before.doctor() if each["what"] == "writer"]

    assert found["verdict"] == "missing"
    assert "set `writer: dr`" in found["remedy"]


def test_records_of_one_epoch_with_different_writers_are_not_right(before: BeforeDeploy) -> None:
    for region, writer in ((PRIMARY, "primary"), (DR, "dr")):
        before.client("ssm", region).put_parameter(
            Name=before.topology.names.record_parameter(),
            Value=json.dumps(record(writer)),
            Type="String",
        )

    (found,) = [each for each in before.doctor() if each["what"] == "writer"]

    assert found["verdict"] == "missing"
    assert "name different writers" in found["found"]


def _quota(before: BeforeDeploy, what: str) -> dict[str, str]:
    (found,) = [each for each in before.doctor() if each["what"] == f"{what} in {PRIMARY}"]
    return found


def test_too_few_elastic_addresses_are_said_before_a_deployment(before: BeforeDeploy) -> None:
    ec2, needed = before.client("ec2"), before.topology.primary.nat_gateways
    taken = len(ec2.describe_addresses()["Addresses"])
    mine = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(5 - taken)]
    try:
        short = _quota(before, "address quota")
    finally:
        for address in mine:
            ec2.release_address(AllocationId=address)
    enough = _quota(before, "address quota")

    assert short["verdict"] == "missing"
    assert short["found"] == f"5 elastic addresses, 5 in use, {needed} needed"
    assert short["remedy"] == "Service Quotas, EC2, 'EC2-VPC Elastic IPs': ask for more"
    assert enough["verdict"] == "right"


def test_too_few_vpcs_are_said_before_a_deployment(before: BeforeDeploy) -> None:
    ec2 = before.client("ec2")
    taken = len(ec2.describe_vpcs()["Vpcs"])
    made = [
        ec2.create_vpc(CidrBlock=f"10.{100 + number}.0.0/16")["Vpc"]["VpcId"]
        for number in range(5 - taken)
    ]
    try:
        short = _quota(before, "VPC quota")
    finally:
        for vpc in made:
            ec2.delete_vpc(VpcId=vpc)

    assert short["verdict"] == "missing"
    assert short["found"] == "5 VPCs, 5 in use, 1 needed"
