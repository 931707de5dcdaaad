"""How stacks live and end in the embedded AWS, looked at through CloudFormation's own API."""

import json
import secrets
from typing import Any

import pytest
from botocore.exceptions import ClientError

from drill.aws.embedded_aws import EmbeddedAws
from tests.drill.aws.conftest import PRIMARY

Template = dict[str, Any]


def parameter(name: str, value: str = "a", **attributes: Any) -> Template:
    properties = {"Name": name, "Type": "String", "Value": value}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties, **attributes}


def secret(name: str, policy: str) -> Template:
    return {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"Name": name},
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": policy,
    }


class Stack:
    """A stack of a name of its own, whose resources have names below that."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws, self.name = aws, f"s{secrets.token_hex(4)}"
        self._cloudformation = aws.client("cloudformation", PRIMARY)

    def create(self, resources: Template, **arguments: Any) -> str:
        self._cloudformation.create_stack(
            StackName=self.name, TemplateBody=json.dumps({"Resources": resources}), **arguments
        )
        return self.status

    def update(self, resources: Template) -> str:
        body = json.dumps({"Resources": resources})
        self._cloudformation.update_stack(StackName=self.name, TemplateBody=body)
        return self.status

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName=self.name)

    @property
    def status(self) -> str:
        found = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return str(found[0]["StackStatus"])

    @property
    def reasons(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return " | ".join(event.get("ResourceStatusReason", "") for event in events)

    def nested(self, resources: Template, **attributes: Any) -> Template:
        """A nested stack of these resources."""
        s3, bucket = self.aws.client("s3", PRIMARY), "templates"
        if bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
            where = {"LocationConstraint": PRIMARY}
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        key = f"{secrets.token_hex(8)}.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({"Resources": resources}))
        url = f"https://s3.{PRIMARY}.amazonaws.com/{bucket}/{key}"
        properties = {"TemplateURL": url}
        return {"Type": "AWS::CloudFormation::Stack", "Properties": properties, **attributes}


@pytest.fixture
def stack(aws: EmbeddedAws) -> Stack:
    return Stack(aws)


def value(stack: Stack, name: str) -> str | None:
    ssm = stack.aws.client("ssm", PRIMARY)
    try:
        return str(ssm.get_parameter(Name=f"{stack.name}-{name}")["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def has_secret(stack: Stack, name: str) -> bool:
    manager = stack.aws.client("secretsmanager", PRIMARY)
    try:
        manager.describe_secret(SecretId=f"{stack.name}-{name}")
    except manager.exceptions.ResourceNotFoundException:
        return False
    return True


def test_a_creation_that_fails_is_rolled_back_and_says_why(stack: Stack) -> None:
    stack.aws.doom(stack.name, "Second", "no capacity", times=1)
    resources = {
        "First": parameter(f"{stack.name}-first"),
        "Second": parameter(f"{stack.name}-second", DependsOn="First"),
    }

    assert stack.create(resources) == "ROLLBACK_COMPLETE"
    assert value(stack, "first") is None
    assert "Second: no capacity" in stack.reasons


def test_what_is_retained_except_on_creation_goes_with_a_creation_that_failed(
    stack: Stack,
) -> None:
    stack.aws.doom(stack.name, "Last", "no capacity", times=1)
    resources = {
        "Kept": secret(f"{stack.name}-kept", "Retain"),
        "Gone": secret(f"{stack.name}-gone", "RetainExceptOnCreate"),
        "Last": parameter(f"{stack.name}-last", DependsOn=["Kept", "Gone"]),
    }

    assert stack.create(resources) == "ROLLBACK_COMPLETE"
    assert has_secret(stack, "kept")
    assert not has_secret(stack, "gone")


def test_what_is_retained_outlives_its_stack_either_way(stack: Stack) -> None:
    policies = ("Retain", "RetainExceptOnCreate", "Delete")
    stack.create({name: secret(f"{stack.name}-{name}", name) for name in policies})

    stack.delete()

    assert [has_secret(stack, name) for name in policies] == [True, True, False]


def test_a_rollback_that_cannot_delete_keeps_what_is_left(stack: Stack) -> None:
    stack.aws.doom(stack.name, "Last", "no capacity", times=1)
    machine = {
        "Type": "AWS::EC2::Instance",
        "Properties": {
            "ImageId": "ami-0123456789abcdef0",
            "InstanceType": "t3.micro",
            "AvailabilityZone": f"{PRIMARY}a",
            "DisableApiTermination": True,
            "IamInstanceProfile": {"Ref": "Profile"},
        },
    }
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Profile": {
            "Type": "AWS::IAM::InstanceProfile",
            "Properties": {"Roles": [{"Ref": "Role"}]},
        },
        "Machine": machine,
        "Last": parameter(f"{stack.name}-last", DependsOn="Machine"),
    }

    assert stack.create(resources) == "ROLLBACK_FAILED"
    assert "Machine" in stack.reasons
    assert "disableApiTermination" in stack.reasons


def test_a_replacement_is_made_before_the_old_one_goes(stack: Stack) -> None:
    stack.create({"One": parameter(f"{stack.name}-old")})

    assert stack.update({"One": parameter(f"{stack.name}-new")}) == "UPDATE_COMPLETE"
    assert value(stack, "new") == "a"
    assert value(stack, "old") is None


def test_an_update_that_fails_puts_everything_back(stack: Stack) -> None:
    stack.create(
        {"Changed": parameter(f"{stack.name}-1"), "Replaced": parameter(f"{stack.name}-2")}
    )
    stack.aws.doom(stack.name, "Last", "refused", times=1)

    ended = stack.update(
        {
            "Changed": parameter(f"{stack.name}-1", "b"),
            "Replaced": parameter(f"{stack.name}-3"),
            "Last": parameter(f"{stack.name}-4", DependsOn=["Changed", "Replaced"]),
        }
    )

    assert ended == "UPDATE_ROLLBACK_COMPLETE"
    assert [value(stack, name) for name in "1234"] == ["a", "a", None, None]
    assert stack.update({"Changed": parameter(f"{stack.name}-1", "c")}) == "UPDATE_COMPLETE"
    assert [value(stack, name) for name in "12"] == ["c", None]


def test_a_stack_whose_rollback_fails_takes_no_update(stack: Stack) -> None:
    stack.create({"Changed": parameter(f"{stack.name}-1")})
    stack.aws.doom(stack.name, "Bad", "refused", times=1)
    stack.aws.doom(stack.name, "Changed", "refused too", times=1, after=1)
    changed = parameter(f"{stack.name}-1", "b")
    bad = parameter(f"{stack.name}-2", DependsOn="Changed")

    assert stack.update({"Changed": changed, "Bad": bad}) == "UPDATE_ROLLBACK_FAILED"
    assert "refused too" in stack.reasons
    with pytest.raises(ClientError, match="can not be updated"):
        stack.update({"Changed": parameter(f"{stack.name}-1", "c")})


def test_a_nested_stack_that_fails_fails_and_rolls_back_its_parent(stack: Stack) -> None:
    stack.aws.doom(f"{stack.name}-*", "Bad", "no capacity", times=1)
    resources = {
        "Before": stack.nested({"Kept": secret(f"{stack.name}-in", "RetainExceptOnCreate")}),
        "Failing": stack.nested(
            {
                "Made": parameter(f"{stack.name}-made"),
                "Bad": parameter(f"{stack.name}-bad", DependsOn="Made"),
            },
            DependsOn="Before",
        ),
    }

    assert stack.create(resources) == "ROLLBACK_COMPLETE"
    assert "Bad: no capacity" in stack.reasons
    assert value(stack, "made") is None
    assert not has_secret(stack, "in")
    assert _living(stack) == []


def test_nothing_nested_is_deleted_before_the_root_has_succeeded(stack: Stack) -> None:
    stack.create({"Nested": stack.nested({"One": parameter(f"{stack.name}-1")})})
    stack.aws.doom(stack.name, "Last", "refused", times=1)
    nested = stack.nested({"One": parameter(f"{stack.name}-2")})
    last = parameter(f"{stack.name}-3", DependsOn="Nested")

    assert stack.update({"Nested": nested, "Last": last}) == "UPDATE_ROLLBACK_COMPLETE"
    assert [value(stack, name) for name in "12"] == ["a", None]
    assert stack.update({"Nested": nested}) == "UPDATE_COMPLETE"
    assert [value(stack, name) for name in "12"] == [None, "a"]


def test_a_name_that_exists_is_refused(stack: Stack) -> None:
    name = f"{stack.name}-taken"
    stack.aws.client("ssm", PRIMARY).put_parameter(Name=name, Value="mine", Type="String")

    assert stack.create({"One": parameter(name)}) == "ROLLBACK_COMPLETE"
    assert value(stack, "taken") == "mine"


def test_a_protected_stack_is_not_deleted(stack: Stack) -> None:
    stack.create({"One": parameter(f"{stack.name}-1")}, EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="TerminationProtection"):
        stack.delete()

    assert value(stack, "1") == "a"


@pytest.mark.parametrize(
    "attributes",
    [
        {"DeletionPolicy": "Snapshot"},
        {"CreationPolicy": {"ResourceSignal": {}}},
        {"UpdatePolicy": {"AutoScalingRollingUpdate": {}}},
    ],
)
def test_a_template_that_needs_a_rule_that_is_not_emulated_is_refused(
    stack: Stack, attributes: Template
) -> None:
    resources = {"One": parameter(f"{stack.name}-1", **attributes)}

    assert stack.create(resources) == "ROLLBACK_COMPLETE"
    assert f"does not emulate: One: {next(iter(attributes))}" in stack.reasons
    assert value(stack, "1") is None


def test_a_rule_that_is_not_emulated_is_refused(stack: Stack) -> None:
    body = {
        "Rules": {"OnlyHere": {"Assertions": []}},
        "Resources": {"One": parameter(f"{stack.name}-1")},
    }
    stack.aws.client("cloudformation", PRIMARY).create_stack(
        StackName=stack.name, TemplateBody=json.dumps(body)
    )

    assert stack.status == "ROLLBACK_COMPLETE"
    assert "does not emulate: the rule OnlyHere" in stack.reasons
    assert value(stack, "1") is None


def test_a_property_that_the_emulation_does_not_know_is_refused(stack: Stack) -> None:
    unknown = parameter(f"{stack.name}-1")
    unknown["Properties"]["Policies"] = "[]"

    assert stack.create({"One": unknown}) == "ROLLBACK_COMPLETE"
    assert "One: Policies of AWS::SSM::Parameter" in stack.reasons
    assert value(stack, "1") is None


def _living(stack: Stack) -> list[str]:
    """Every nested stack of the stack that still exists."""
    found = stack.aws.client("cloudformation", PRIMARY).describe_stacks()["Stacks"]
    names = [str(each["StackName"]) for each in found]
    return [name for name in names if name.startswith(f"{stack.name}-")]


def test_what_s3_copies_follows_the_template(stack: Stack) -> None:
    rule = {
        "Id": "third-copy",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::elsewhere"},
    }
    role = f"arn:aws:iam::{stack.aws.account}:role/copies"
    plain = {"BucketName": stack.name, "VersioningConfiguration": {"Status": "Enabled"}}
    copied = {**plain, "ReplicationConfiguration": {"Role": role, "Rules": [rule]}}
    s3 = stack.aws.client("s3", PRIMARY)
    stack.create({"Bucket": {"Type": "AWS::S3::Bucket", "Properties": copied}})

    found = s3.get_bucket_replication(Bucket=stack.name)["ReplicationConfiguration"]
    stack.update({"Bucket": {"Type": "AWS::S3::Bucket", "Properties": plain}})

    assert [each["ID"] for each in found["Rules"]] == ["third-copy"]
    with pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        s3.get_bucket_replication(Bucket=stack.name)
