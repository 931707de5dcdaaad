"""The list of regions and instance types is what AWS answered, as two libraries carry it."""

import gzip
import json
from importlib import resources
from typing import Any

import pytest

from topology.instance_types import FAMILIES, InstanceType
from topology.regions import REGIONS

_OFFERINGS = resources.files("moto.ec2.resources") / "instance_type_offerings"
KNOWN = sorted(name for name, region in REGIONS.items() if region.families is not None)
SIZES = (
    *("small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge"),
    *("12xlarge", "16xlarge", "24xlarge"),
)
COUNTED = ("ap-northeast-1", "ca-central-1", "us-west-1")
"""Where AWS leaves a letter out, another for each account."""


def _read(path: Any) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def test_the_regions_are_those_of_the_commercial_partition() -> None:
    partitions = json.loads((resources.files("botocore") / "data" / "partitions.json").read_text())
    (commercial,) = [each for each in partitions["partitions"] if each["id"] == "aws"]

    assert REGIONS.keys() == commercial["regions"].keys() - {"aws-global"}


@pytest.mark.parametrize("region", KNOWN)
def test_the_zones_and_types_of_a_region_are_those_that_it_offers(region: str) -> None:
    offers = _read(_OFFERINGS / "availability-zone" / f"{region}.json.gz")
    zones = {each["Location"] for each in offers}
    if region not in COUNTED:
        assert zones == {f"{region}{letter}" for letter in REGIONS[region].zones}

    for family in FAMILIES:
        having = {each["Location"] for each in offers if _of(family, each["InstanceType"])}
        assert min(REGIONS[region].offers(family), len(zones)) == len(having), family


def _of(family: str, name: str) -> bool:
    return name.startswith(f"{family}.") and InstanceType.named(name) is not None


def test_a_zone_that_has_a_family_has_all_of_its_sizes() -> None:
    for region in KNOWN:
        by_zone: dict[str, set[str]] = {}
        for each in _read(_OFFERINGS / "availability-zone" / f"{region}.json.gz"):
            if each["InstanceType"].partition(".")[0] in FAMILIES:
                by_zone.setdefault(each["Location"], set()).add(each["InstanceType"])
        for offered in by_zone.values():
            for family in {name.partition(".")[0] for name in offered}:
                assert {f"{family}.{size}" for size in _sizes(family)} <= offered, (region, family)


def _sizes(family: str) -> list[str]:
    return [size for size in SIZES if InstanceType.named(f"{family}.{size}")]


def test_every_type_has_the_size_that_aws_tells() -> None:
    types = _read(resources.files("moto.ec2.resources") / "instance_types.json.gz")

    for family in FAMILIES:
        for size in SIZES:
            name = f"{family}.{size}"
            ours, theirs = InstanceType.named(name), types.get(name)
            assert (ours is None) == (theirs is None), name
            if ours:
                assert ours.vcpus == theirs["VCpuInfo"]["DefaultVCpus"], name
                assert ours.memory_gib * 1024 == theirs["MemoryInfo"]["SizeInMiB"], name
