"""`pgtwin link`: the path between the two VPCs, made in any state that they may be in.

Real: the command line as a process. Emulated: AWS, with what the stacks leave of a network.
"""

from pathlib import Path
from typing import Any

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.failures.deployed import Deployed
from tests.pgtwin.conftest import Pgtwin
from topology.site import SITES, SiteName, other_site


class Network:
    """What of a site's network the command looks at."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self.vpcs = {site: self._vpc(site) for site in SITES}
        self.tables = {site: self._private_table(site) for site in SITES}

    def _vpc(self, site: SiteName) -> str:
        zone = self._deployed.client("route53", site).get_hosted_zone(Id=self._deployed.zones[site])
        return str(zone["VPCs"][0]["VPCId"])

    def routes(self, site: SiteName) -> dict[str, str]:
        """The peering connection that each network is led over, by its address range."""
        ec2 = self._deployed.client("ec2", site)
        (table,) = ec2.describe_route_tables(RouteTableIds=[self.tables[site]])["RouteTables"]
        return {
            route["DestinationCidrBlock"]: route["VpcPeeringConnectionId"]
            for route in table["Routes"]
            if route.get("VpcPeeringConnectionId")
        }

    def peerings(self) -> list[str]:
        """Those that live, each as DR's region knows it."""
        ours = set(self.vpcs.values())
        found = self._deployed.client("ec2", "dr").describe_vpc_peering_connections()
        return [
            each["VpcPeeringConnectionId"]
            for each in found["VpcPeeringConnections"]
            if each["Status"]["Code"] == "active"
            and {each["RequesterVpcInfo"]["VpcId"], each["AccepterVpcInfo"]["VpcId"]} == ours
        ]

    def peer_by_hand(self) -> str:
        """A peering and its routes, as somebody who is not `pgtwin` makes them."""
        asks, accepts = (self._deployed.client("ec2", site) for site in SITES)
        made = asks.create_vpc_peering_connection(
            VpcId=self.vpcs["primary"],
            PeerVpcId=self.vpcs["dr"],
            PeerRegion=self._deployed.topology.dr.region,
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        accepts.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
        for site in SITES:
            self._deployed.client("ec2", site).create_route(
                RouteTableId=self.tables[site],
                DestinationCidrBlock=self._deployed.topology.site(other_site(site)).cidr,
                VpcPeeringConnectionId=made,
            )
        return str(made)

    def lose_zone(self, site: SiteName) -> None:
        """What a deleted stack leaves of the names: nothing."""
        route53, zone = self._deployed.client("route53", site), self._deployed.zones[site]
        for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
            if record["Type"] == "A":
                change = {"Action": "DELETE", "ResourceRecordSet": record}
                route53.change_resource_record_sets(
                    HostedZoneId=zone, ChangeBatch={"Changes": [change]}
                )
        route53.delete_hosted_zone(Id=zone)

    def recreate(self, site: SiteName) -> None:
        """Its stack was deleted and deployed again: another VPC, another table, another zone.

        The peering of the old VPC is still alive here.
        """
        self.lose_zone(site)
        ec2, here = self._deployed.client("ec2", site), self._deployed.topology.site(site)
        vpc = ec2.create_vpc(CidrBlock=here.cidr)["Vpc"]["VpcId"]
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"{here.cidr.split('/')[0]}/24")
        made = self._deployed.client("route53", site).create_hosted_zone(
            Name=self._deployed.topology.names.zone(),
            CallerReference=vpc,
            VPC={"VPCRegion": here.region, "VPCId": vpc},
            HostedZoneConfig={"PrivateZone": True},
        )
        self._deployed.zones[site] = made["HostedZone"]["Id"]
        self.vpcs[site] = vpc
        self.tables[site] = self._private_table(site)

    def state_of(self, peering: str) -> str:
        found = self._deployed.client("ec2", "primary").describe_vpc_peering_connections(
            VpcPeeringConnectionIds=[peering]
        )
        return str(found["VpcPeeringConnections"][0]["Status"]["Code"])

    def name(self, site: SiteName) -> str | None:
        """Where the other site's name leads to in this site's zone."""
        host = self._deployed.topology.names.site_host(other_site(site))
        records = self._deployed.client("route53", site).list_resource_record_sets(
            HostedZoneId=self._deployed.zones[site]
        )["ResourceRecordSets"]
        return next(
            (
                each["AliasTarget"]["DNSName"].removeprefix("dualstack.")
                for each in records
                if each["Name"] == f"{host}."
            ),
            None,
        )

    def balancer(self, site: SiteName) -> str:
        found = self._deployed.client("elbv2", site).describe_load_balancers(
            Names=[f"{self._deployed.topology.name}-{site}"]
        )
        return str(found["LoadBalancers"][0]["DNSName"]).lower()

    def _private_table(self, site: SiteName) -> str:
        ec2: Any = self._deployed.client("ec2", site)
        vpc = self.vpcs[site]
        mine = [{"Name": "vpc-id", "Values": [vpc]}]
        subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
        table = str(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
        ec2.create_route(
            RouteTableId=table,
            DestinationCidrBlock="0.0.0.0/0",
            NatGatewayId=nat["NatGatewayId"],
        )
        return table


@pytest.fixture
def network(deployed: Deployed, config: Path) -> Network:
    """Of a system that is to stream."""
    config.write_text(f"replication: streaming\n{config.read_text()}")
    return Network(deployed)


def test_both_sites_reach_each_others_load_balancer_by_name_and_route(
    network: Network, deployed: Deployed, pgtwin: Pgtwin
) -> None:
    done = pgtwin("link")

    assert done.returncode == 0, done.stderr
    (peering,) = network.peerings()
    for site in SITES:
        there = deployed.topology.site(other_site(site)).cidr
        assert network.routes(site) == {there: peering}
        assert str(network.name(site)).lower() == network.balancer(other_site(site))


def test_a_repeat_makes_nothing_and_says_so(network: Network, pgtwin: Pgtwin) -> None:
    pgtwin("link")
    before = network.peerings()

    again = pgtwin("link")

    assert again.returncode == 0, again.stderr
    assert again.stdout == "the path is as the configuration says\n"
    assert network.peerings() == before


def test_what_is_missing_is_told_before_anything_is_made(
    network: Network, deployed: Deployed, pgtwin: Pgtwin
) -> None:
    planned = pgtwin("link", "--dry-run")

    assert planned.returncode == 0, planned.stderr
    assert "the peering connection of the two VPCs" in planned.stdout
    for site in SITES:
        assert f"{site}'s route in {network.tables[site]}" in planned.stdout
        assert deployed.topology.names.site_host(site) in planned.stdout
    assert not network.peerings()


def test_a_peering_that_is_gone_is_made_anew_and_the_routes_follow(
    network: Network, deployed: Deployed, pgtwin: Pgtwin
) -> None:
    pgtwin("link")
    (first,) = network.peerings()
    deployed.client("ec2", "primary").delete_vpc_peering_connection(VpcPeeringConnectionId=first)

    again = pgtwin("link")

    assert again.returncode == 0, again.stderr
    (second,) = network.peerings()
    assert second != first
    assert all(set(network.routes(site).values()) == {second} for site in SITES)


@pytest.mark.parametrize("recreated", SITES)
def test_a_site_that_was_recreated_is_reached_over_a_peering_of_its_new_vpc(
    network: Network, deployed: Deployed, pgtwin: Pgtwin, recreated: SiteName
) -> None:
    pgtwin("link")
    (old,) = network.peerings()
    another = another_system(deployed)
    network.recreate(recreated)

    told = pgtwin("link", "--dry-run")
    done = pgtwin("link")
    again = pgtwin("link")

    assert done.returncode == again.returncode == 0, done.stderr + again.stderr
    assert old in told.stdout
    (new,) = network.peerings()
    assert network.state_of(old) == "deleted"
    for site in SITES:
        there = deployed.topology.site(other_site(site)).cidr
        assert network.routes(site) == {there: new}
        assert str(network.name(site)).lower() == network.balancer(other_site(site))
    assert network.state_of(another) == "active"
    assert again.stdout == "the path is as the configuration says\n"


def test_every_peering_of_a_site_that_was_recreated_is_removed(
    network: Network, deployed: Deployed, pgtwin: Pgtwin
) -> None:
    pgtwin("link")
    (old,) = network.peerings()
    another = another_system(deployed)
    network.recreate("dr")

    done = pgtwin("link", "--remove")

    assert done.returncode == 0, done.stderr
    assert network.state_of(old) == "deleted"
    assert all(not network.routes(site) for site in SITES)
    assert network.state_of(another) == "active"


def another_system(deployed: Deployed) -> str:
    """The peering of a second system in the same account and regions, with the same networks."""
    asks, accepts = (deployed.client("ec2", site) for site in SITES)
    here, there = (
        ec2.create_vpc(CidrBlock=deployed.topology.site(site).cidr)["Vpc"]["VpcId"]
        for site, ec2 in zip(SITES, (asks, accepts), strict=True)
    )
    made = asks.create_vpc_peering_connection(
        VpcId=here,
        PeerVpcId=there,
        PeerRegion=deployed.topology.dr.region,
        TagSpecifications=[
            {
                "ResourceType": "vpc-peering-connection",
                "Tags": [{"Key": "pgtwin:system", "Value": "another"}],
            }
        ],
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    accepts.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    return str(made)


@pytest.mark.parametrize("how", ["--remove", "replication: archive"])
def test_the_path_is_taken_away_where_it_is_not_wanted(
    network: Network, config: Path, pgtwin: Pgtwin, how: str
) -> None:
    pgtwin("link")
    if how != "--remove":
        config.write_text(config.read_text().replace("replication: streaming", how))

    done = pgtwin("link", *(["--remove"] if how == "--remove" else []))

    assert done.returncode == 0, done.stderr
    assert not network.peerings()
    assert all(not network.routes(site) and network.name(site) is None for site in SITES)


@pytest.mark.parametrize("how", ["--remove", "replication: archive"])
def test_a_peering_that_somebody_else_made_is_used_and_never_removed(
    network: Network, deployed: Deployed, config: Path, pgtwin: Pgtwin, how: str
) -> None:
    theirs = network.peer_by_hand()
    linked = pgtwin("link")
    if how != "--remove":
        config.write_text(config.read_text().replace("replication: streaming", how))

    done = pgtwin("link", *(["--remove"] if how == "--remove" else []))

    assert linked.returncode == done.returncode == 0, linked.stderr + done.stderr
    assert network.peerings() == [theirs]
    for site in SITES:
        there = deployed.topology.site(other_site(site)).cidr
        assert network.routes(site) == {there: theirs}
        assert network.name(site) is None


@pytest.mark.parametrize("gone", SITES)
def test_a_path_is_taken_away_also_where_one_stack_is_gone_and_again(
    network: Network, pgtwin: Pgtwin, gone: SiteName
) -> None:
    """As `make destroy` does, repeated after one of its two stacks could not be deleted."""
    pgtwin("link")
    network_before = network.peerings()
    network.lose_zone(gone)

    told = pgtwin("link", "--remove", "--dry-run")
    done = pgtwin("link", "--remove")
    again = pgtwin("link", "--remove")

    assert done.returncode == again.returncode == 0, done.stderr + again.stderr
    assert network_before[0] in told.stdout
    assert network_before[0] in done.stdout
    assert f"in {other_site(gone)}'s zone" in told.stdout
    assert f"in {gone}'s zone" not in told.stdout
    assert again.stdout == "the path is as the configuration says\n"
    assert all(not network.routes(site) for site in SITES)


def test_a_way_that_is_not_ours_is_left_alone(
    network: Network, deployed: Deployed, aws: EmbeddedAws, pgtwin: Pgtwin
) -> None:
    """Such as a transit gateway, or here: whatever the NAT gateway leads to."""
    ec2 = deployed.client("ec2", "dr")
    (table,) = ec2.describe_route_tables(RouteTableIds=[network.tables["dr"]])["RouteTables"]
    nat = next(route["NatGatewayId"] for route in table["Routes"] if route.get("NatGatewayId"))
    ec2.create_route(
        RouteTableId=network.tables["dr"],
        DestinationCidrBlock=deployed.topology.primary.cidr,
        NatGatewayId=nat,
    )

    done = pgtwin("link")

    assert done.returncode == 0, done.stderr
    assert not network.routes("dr")
    assert network.routes("primary")
