"""The real CDK refuses what the loader refuses where both look, and takes what is beside it.

Asked are the constructs of the stacks, under the name that the resource gets from the value. What
only AWS refuses, and no construct looks at, is in tests/topology with its source.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import App, Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from ruamel.yaml import YAML

from tests.stacks.synthesised import ACCOUNT, ROOT
from topology.load import parse
from topology.names import Names
from topology.refused import Refused

KEY = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A field, values on both sides of its border, and what of the CDK looks at them."""

    field: str
    refused: tuple[Any, ...]
    accepted: tuple[Any, ...]
    build: Callable[[Stack, Any], object]


def _bucket(stack: Stack, value: str) -> object:
    names = Names("pgtwin")
    return s3.Bucket(stack, "Asked", bucket_name=names.log_bucket(value, ACCOUNT))


def _lock(stack: Stack, value: int) -> object:
    kept = s3.ObjectLockRetention.governance(Duration.days(value))
    return s3.Bucket(stack, "Asked", object_lock_default_retention=kept)


def _volume(stack: Stack, value: int) -> object:
    gp3 = ec2.EbsDeviceVolumeType.GP3
    zone = "eu-west-1a"
    size = Size.gibibytes(value)
    return ec2.Volume(stack, "Asked", availability_zone=zone, size=size, volume_type=gp3)


def _role(stack: Stack, value: str) -> object:
    name = Names(value).server_role("primary")
    by = iam.ServicePrincipal("ec2.amazonaws.com")
    return iam.Role(stack, "Asked", role_name=name, assumed_by=by)


def _stack(stack: Stack, value: str) -> object:
    return Stack(stack.node.root, "Asked", stack_name=Names(value).stack("primary"))  # type: ignore[arg-type]


def _network(stack: Stack, value: str) -> object:
    return ec2.Vpc(stack, "Asked", ip_addresses=ec2.IpAddresses.cidr(value), max_azs=2)


def _type(_: Stack, value: str) -> object:
    return ec2.InstanceType(value).architecture


def _key(stack: Stack, value: str) -> object:
    return kms.Key.from_key_arn(stack, "Asked", value)


CASES = (
    Asked(
        field="primary.bucket",
        refused=("Backups", "our_backups", "-backups", "b" * 46, ""),
        accepted=("backups", "our-backups", "0-backups", "b" * 45),
        build=_bucket,
    ),
    Asked(field="backups.object_lock_days", refused=(-1,), accepted=(1, 7, 3650), build=_lock),
    Asked(
        field="primary.data_volume_gib",
        refused=(0, 65537),
        accepted=(100, 65536),
        build=_volume,
    ),
    Asked(
        field="name",
        refused=("a" * 60, "two words", "dotted/name"),
        accepted=("pgtwin", "a-b", "p2"),
        build=_role,
    ),
    Asked(
        field="name",
        refused=("2nd", "-a", "under_score", "a.b"),
        accepted=("pgtwin", "a-b", "p2"),
        build=_stack,
    ),
    Asked(
        field="primary.cidr",
        refused=("10.0.0.0", "10.0.0.0/x", "300.0.0.0/16", "10.0.0.0/31"),
        accepted=("10.0.0.0/16", "10.0.0.0/20"),
        build=_network,
    ),
    Asked(
        field="primary.instance_type",
        refused=("m7i", "large", "m7i large"),
        accepted=("m7i.large", "m7i.2xlarge"),
        build=_type,
    ),
    Asked(
        field="primary.third_copy.key",
        refused=("alias/copies", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        accepted=(KEY,),
        build=_key,
    ),
)
REFUSED = [(each, value) for each in CASES for value in each.refused]
ACCEPTED = [(each, value) for each in CASES for value in each.accepted]


def _name(given: Any) -> str:
    return given.field if isinstance(given, Asked) else repr(given)


@pytest.mark.parametrize(("asked", "value"), REFUSED, ids=_name)
def test_what_the_cdk_refuses_the_loader_refuses_before(asked: Asked, value: Any) -> None:
    assert not _is_built(asked, value)
    with pytest.raises(Refused) as refused:
        parse(_document(asked.field, value))
    fields = {field for problem in refused.value.problems for field in problem.fields}
    assert any(each.startswith(asked.field) for each in fields), fields


@pytest.mark.parametrize(("asked", "value"), ACCEPTED, ids=_name)
def test_what_the_loader_takes_beside_it_the_cdk_builds(asked: Asked, value: Any) -> None:
    parse(_document(asked.field, value))
    assert _is_built(asked, value)


def _is_built(asked: Asked, value: Any) -> bool:
    try:
        asked.build(Stack(App(), "Stack"), value)
    except RuntimeError:  # what jsii makes of an error of the CDK
        return False
    return True


def _document(field: str, value: Any) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOT / "config/default.yaml")
    *sections, last = field.split(".")
    place = document
    for section in sections:
        place = place.setdefault(section, {})
    place[last] = value
    if sections[-1:] == ["third_copy"]:
        place["bucket"] = "copies"
    return document
