"""What the name server of a VPC says, from the zones that `pgtwin link` fills."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.rig.private_names import PrivateNames

REGIONS = ("eu-west-1", "eu-west-2")
BALANCERS = {
    "eu-west-1": IPv4Address("10.0.255.254"),
    "eu-west-2": IPv4Address("10.1.255.254"),
}
HOST = "primary.pgtwin.internal"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(REGIONS, log=tmp_path_factory.mktemp("aws") / "log") as embedded:
        yield embedded


def _zone(aws: EmbeddedAws, region: str) -> str:
    vpc = aws.client("ec2", region).create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = aws.client("route53", region).create_hosted_zone(
        Name="pgtwin.internal",
        CallerReference=region,
        VPC={"VPCRegion": region, "VPCId": vpc},
        HostedZoneConfig={"PrivateZone": True},
    )
    return str(made["HostedZone"]["Id"])


def _alias(aws: EmbeddedAws, zone: str, target: str) -> None:
    record: dict[str, Any] = {
        "Name": HOST,
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": "Z1",
            "DNSName": target,
            "EvaluateTargetHealth": False,
        },
    }
    aws.client("route53", REGIONS[0]).change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )


def test_the_other_site_has_its_balancers_address_where_the_zone_names_it(
    aws: EmbeddedAws,
) -> None:
    zones = {region: _zone(aws, region) for region in REGIONS}
    names = {region: PrivateNames(aws, region, BALANCERS).address for region in REGIONS}
    assert names["eu-west-2"](HOST) is None

    _alias(aws, zones["eu-west-2"], "writer-1.elb.eu-west-1.amazonaws.com")

    assert names["eu-west-2"](HOST) == BALANCERS["eu-west-1"]
    assert names["eu-west-1"](HOST) is None, "the zone of the other VPC is not known here"
