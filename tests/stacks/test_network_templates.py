"""Who can reach what."""

import pytest

from tests.stacks.synthesised import Synthesised, resolve
from topology.site import SITES, SiteName

INGRESS = "AWS::EC2::SecurityGroupIngress"
site_of = pytest.mark.parametrize("site", SITES)


def rules(each: Synthesised, site: SiteName) -> list[dict[str, object]]:
    inline = [
        rule
        for group in each.properties(site, "AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupIngress", [])
    ]
    return inline + each.properties(site, INGRESS)


@site_of
def test_puts_a_private_subnet_into_each_listed_zone_and_no_other(
    each: Synthesised, site: SiteName
) -> None:
    subnets = each.properties(site, "AWS::EC2::Subnet")

    private = [
        subnet["AvailabilityZone"]
        for subnet in subnets
        if {"Key": "aws-cdk:subnet-type", "Value": "Private"} in subnet["Tags"]
    ]

    assert sorted(private) == sorted(each.topology.site(site).zones)
    assert {subnet["AvailabilityZone"] for subnet in subnets} == set(private)


@site_of
def test_gives_no_machine_a_public_address(each: Synthesised, site: SiteName) -> None:
    subnets = each.properties(site, "AWS::EC2::Subnet")
    instances = each.properties(site, "AWS::EC2::Instance")

    assert not any(subnet.get("MapPublicIpOnLaunch") for subnet in subnets)
    assert instances
    assert not any("NetworkInterfaces" in instance for instance in instances)
    assert all("private" in str(instance["SubnetId"]).lower() for instance in instances)


@site_of
def test_opens_exactly_the_ports_that_k3s_and_clients_need(
    each: Synthesised, site: SiteName
) -> None:
    opened = {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules(each, site)}

    expected = {
        ("tcp", 5432, 5432),
        ("tcp", 30432, 30432),
        ("tcp", 6443, 6443),
        ("tcp", 10250, 10250),
        ("udp", 8472, 8472),
    }
    if each.topology.site(site).servers > 1:
        expected.add(("tcp", 2379, 2380))
    assert opened == expected


@site_of
def test_lets_nothing_in_by_ssh_or_from_the_whole_internet(
    each: Synthesised, site: SiteName
) -> None:
    for rule in rules(each, site):
        assert not int(str(rule["FromPort"])) <= 22 <= int(str(rule["ToPort"]))
        assert rule.get("CidrIp") != "0.0.0.0/0"
        assert "CidrIpv6" not in rule


@site_of
def test_lets_only_clients_in_by_address_and_only_to_the_load_balancer(
    each: Synthesised, site: SiteName
) -> None:
    by_address = [rule for rule in rules(each, site) if "CidrIp" in rule]

    assert [(rule["FromPort"], rule["CidrIp"]) for rule in by_address] == [
        (5432, each.topology.site(site).cidr)
    ]


@site_of
def test_uses_the_default_security_group_nowhere(each: Synthesised, site: SiteName) -> None:
    for kind, key in (
        ("AWS::EC2::Instance", "SecurityGroupIds"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "SecurityGroups"),
    ):
        for resource in each.properties(site, kind):
            assert resource[key]
            assert "DefaultSecurityGroup" not in str(resource)


@site_of
def test_needs_no_lambda_function(each: Synthesised, site: SiteName) -> None:
    assert not each.resources(site, "AWS::Lambda::Function")


@site_of
def test_keeps_backups_off_the_nat_gateways(each: Synthesised, site: SiteName) -> None:
    (endpoint,) = each.properties(site, "AWS::EC2::VPCEndpoint")
    region = each.topology.site(site).region
    private = [
        route
        for route in each.properties(site, "AWS::EC2::SubnetRouteTableAssociation")
        if "private" in str(route["SubnetId"])
    ]

    assert resolve(endpoint["ServiceName"], region) == f"com.amazonaws.{region}.s3"
    assert len(private) == len(each.topology.site(site).zones)
    for association in private:
        assert association["RouteTableId"] in endpoint["RouteTableIds"]


@site_of
def test_has_as_many_nat_gateways_as_configured(each: Synthesised, site: SiteName) -> None:
    gateways = each.resources(site, "AWS::EC2::NatGateway")

    assert len(gateways) == each.topology.site(site).nat_gateways


@site_of
def test_logs_every_flow_of_the_network(each: Synthesised, site: SiteName) -> None:
    (log,) = each.properties(site, "AWS::EC2::FlowLog")

    assert log["TrafficType"] == "ALL"
    assert log["ResourceType"] == "VPC"


@site_of
def test_describes_security_groups_in_plain_ascii(each: Synthesised, site: SiteName) -> None:
    groups = each.properties(site, "AWS::EC2::SecurityGroup")
    for text in [g["GroupDescription"] for g in groups] + [
        str(rule.get("Description", "")) for rule in rules(each, site)
    ]:
        assert text
        assert text.isascii()
