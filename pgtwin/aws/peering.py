"""The peering connection between the two VPCs, and the routes over it.

Neither stack could make it: it needs the ids of both VPCs, and each stack may be made first, or
recreated. So it belongs to neither, and every part is found by what it connects, never by memory. A
route that leads to the other VPC in another way, such as over a transit gateway, is left as it is.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.clock import Clock
from pgtwin.errors import SiteTimedOut
from topology.site import SITES, SiteName, other_site

ACCEPT_SECONDS = 60.0
"""The other region learns of the request within seconds; it can be accepted only then."""
_POLL_SECONDS = 2.0
_ALIVE = ("initiating-request", "pending-acceptance", "provisioning", "active")
_NOT_YET = "InvalidVpcPeeringConnectionID.NotFound"


class Peering:
    """Of two VPCs in two regions of one account; the primary's asks, DR's accepts."""

    def __init__(
        self,
        clients: Mapping[SiteName, Clients],
        *,
        vpcs: Mapping[SiteName, str],
        cidrs: Mapping[SiteName, str],
        tags: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._vpcs = vpcs
        self._cidrs = cidrs
        self._tags = tags
        self._clock = clock

    def find(self) -> str | None:
        """The id of the connection that lives; None without one."""
        found = self._ask("primary", "look for the peering", self._living)
        return None if found is None else str(found["VpcPeeringConnectionId"])

    def make(self) -> str:
        """Ask for it and accept it, unless that was done; its id.

        Raises:
            SiteTimedOut: when DR's region does not learn of it in time; safe to repeat.
        """
        connection = self.find() or self._ask("primary", "ask for the peering", self._request)
        give_up = self._clock.now().timestamp() + ACCEPT_SECONDS
        while not self._ask("dr", "accept the peering", partial(self._accept, connection)):
            if self._clock.now().timestamp() > give_up:
                raise SiteTimedOut(f"{connection} did not reach DR's region in time; repeat")
            self._clock.sleep(_POLL_SECONDS)
        return connection

    def unmake(self, connection: str) -> None:
        """Delete it; routes over it lead nowhere from then on."""
        self._ask(
            "primary",
            f"delete {connection}",
            lambda ec2: ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection),
        )

    def tables(self, site: SiteName, connection: str | None) -> dict[str, bool]:
        """The private route tables of a VPC, and whether each leads to the other VPC already."""
        look = partial(self._routed, site, connection)
        found: dict[str, bool] = self._ask(site, f"read {site}'s routes", look)
        return found

    def route(self, site: SiteName, table: str, connection: str) -> None:
        """Lead the other VPC's network over the connection, in the place of one that is gone."""

        def lead(ec2: Any) -> None:
            there = self._cidrs[other_site(site)]
            table_now = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
            change = ec2.replace_route if _to(table_now, there) else ec2.create_route
            change(
                RouteTableId=table,
                DestinationCidrBlock=there,
                VpcPeeringConnectionId=connection,
            )

        self._ask(site, f"route to the other VPC in {table}", lead)

    def unroute(self, site: SiteName, connection: str) -> None:
        """Delete the routes over the connection."""

        def remove(ec2: Any) -> None:
            for table in self._private(site, ec2):
                route = _to(table, self._cidrs[other_site(site)])
                if route and route.get("VpcPeeringConnectionId") == connection:
                    ec2.delete_route(
                        RouteTableId=table["RouteTableId"],
                        DestinationCidrBlock=self._cidrs[other_site(site)],
                    )

        self._ask(site, f"remove {site}'s routes", remove)

    def _living(self, ec2: Any) -> dict[str, Any] | None:
        pages = ec2.get_paginator("describe_vpc_peering_connections").paginate()
        wanted = {self._vpcs[site] for site in SITES}
        for page in pages:
            for each in page["VpcPeeringConnections"]:
                ends = {each[end]["VpcId"] for end in ("RequesterVpcInfo", "AccepterVpcInfo")}
                if ends == wanted and each["Status"]["Code"] in _ALIVE:
                    return dict(each)
        return None

    def _request(self, ec2: Any) -> str:
        asked = ec2.create_vpc_peering_connection(
            VpcId=self._vpcs["primary"],
            PeerVpcId=self._vpcs["dr"],
            PeerRegion=self._clients["dr"].region,
            TagSpecifications=[
                {
                    "ResourceType": "vpc-peering-connection",
                    "Tags": [{"Key": key, "Value": value} for key, value in self._tags.items()],
                }
            ],
        )
        return str(asked["VpcPeeringConnection"]["VpcPeeringConnectionId"])

    def _accept(self, connection: str, ec2: Any) -> bool:
        """Whether it is active now; False where DR's region does not know it yet."""
        try:
            found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])
        except ec2.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == _NOT_YET:
                return False
            raise
        states = {each["Status"]["Code"] for each in found["VpcPeeringConnections"]}
        if "pending-acceptance" in states:
            ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
        return "active" in states

    def _routed(self, site: SiteName, connection: str | None, ec2: Any) -> dict[str, bool]:
        return {
            str(table["RouteTableId"]): _leads(
                _to(table, self._cidrs[other_site(site)]), connection
            )
            for table in self._private(site, ec2)
        }

    def _private(self, site: SiteName, ec2: Any) -> list[dict[str, Any]]:
        """Those of the machines' subnets: they go out through a NAT gateway."""
        mine = [{"Name": "vpc-id", "Values": [self._vpcs[site]]}]
        pages = ec2.get_paginator("describe_route_tables").paginate(Filters=mine)
        return [
            dict(table)
            for page in pages
            for table in page["RouteTables"]
            if any(route.get("NatGatewayId") for route in table["Routes"])
        ]

    def _ask(self, site: SiteName, what: str, call: Any) -> Any:
        return self._clients[site].ask("ec2", what, call)


def _to(table: Mapping[str, Any], cidr: str) -> dict[str, Any] | None:
    found = (route for route in table["Routes"] if route.get("DestinationCidrBlock") == cidr)
    return next((dict(route) for route in found), None)


def _leads(route: Mapping[str, Any] | None, connection: str | None) -> bool:
    """Over the connection, or in a way that is not ours and works."""
    if route is None or route.get("State") == "blackhole":
        return False
    peering = route.get("VpcPeeringConnectionId")
    return peering is None or peering == connection
