"""The peering connection between the two VPCs, and the routes over it.

Neither stack could make it: it needs the ids of both VPCs, and each stack may be made first, or
recreated. So it belongs to neither, and every part is found by what it connects, never by memory. A
route that leads to the other VPC in another way, such as over a transit gateway, is left as it is.

What always holds: only what carries the tag of this system is removed. Two VPCs have one peering at
most, so one that somebody else made is used, and stays, with every route over it. To remove takes
no id of a VPC: a site whose stack is gone holds nothing up. One of ours to a VPC that was replaced
by another is removed once its successor carries the routes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.clock import Clock
from pgtwin.errors import SiteTimedOut
from topology.site import SiteName, other_site

ACCEPT_SECONDS = 60.0
"""The other region learns of the request within seconds; it can be accepted only then."""
_POLL_SECONDS = 2.0
_ALIVE = ("initiating-request", "pending-acceptance", "provisioning", "active")
_NOT_YET = "InvalidVpcPeeringConnectionID.NotFound"
SYSTEM_TAG = "pgtwin:system"


class Peering:
    """Of two VPCs in two regions of one account; the primary's asks, DR's accepts."""

    def __init__(
        self,
        clients: Mapping[SiteName, Clients],
        *,
        vpcs: Callable[[], Mapping[SiteName, str]],
        cidrs: Mapping[SiteName, str],
        system: str,
        clock: Clock,
    ) -> None:
        """`vpcs` is asked only where something is looked for or made between them."""
        self._clients = clients
        self._vpcs = vpcs
        self._cidrs = cidrs
        self._system = system
        self._clock = clock

    def find(self) -> str | None:
        """The id of the connection that lives, whoever made it; None without one."""
        wanted = set(self._vpcs().values())
        return next(iter(self._living(lambda each: _ends(each) == wanted)), None)

    def ours(self) -> tuple[str, ...]:
        """The ids of those that live and that `make` made, whatever they connect."""
        return self._living(self._is_ours)

    def replaced(self) -> tuple[str, ...]:
        """Those of ours that connect another VPC than the two of now."""
        wanted = set(self._vpcs().values())
        return self._living(lambda each: self._is_ours(each) and _ends(each) != wanted)

    def make(self) -> str:
        """Ask for it and accept it, unless that was done; its id.

        Raises:
            SiteTimedOut: when DR's region does not learn of it in time; safe to repeat.
        """
        connection = self.find() or self._ask("primary", "ask for the peering", self._request)
        give_up = self._clock.now().timestamp() + ACCEPT_SECONDS
        while not self._ask("dr", "accept the peering", partial(self._accept, connection)):
            if self._clock.now().timestamp() > give_up:
                raise SiteTimedOut(
                    f"{connection} did not reach DR's region in time - repeat: pgtwin link"
                )
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
        """Delete the routes to the other VPC over the connection."""
        over = [{"Name": "route.vpc-peering-connection-id", "Values": [connection]}]
        there = self._cidrs[other_site(site)]

        def remove(ec2: Any) -> None:
            for page in ec2.get_paginator("describe_route_tables").paginate(Filters=over):
                for table in page["RouteTables"]:
                    route = _to(table, there)
                    if route and route.get("VpcPeeringConnectionId") == connection:
                        ec2.delete_route(
                            RouteTableId=table["RouteTableId"], DestinationCidrBlock=there
                        )

        self._ask(site, f"remove {site}'s routes", remove)

    def _is_ours(self, connection: Mapping[str, Any]) -> bool:
        return _tags(connection).get(SYSTEM_TAG) == self._system

    def _living(self, is_it: Callable[[Mapping[str, Any]], bool]) -> tuple[str, ...]:
        def look(ec2: Any) -> tuple[str, ...]:
            pages = ec2.get_paginator("describe_vpc_peering_connections").paginate()
            return tuple(
                str(each["VpcPeeringConnectionId"])
                for page in pages
                for each in page["VpcPeeringConnections"]
                if each["Status"]["Code"] in _ALIVE and is_it(each)
            )

        found: tuple[str, ...] = self._ask("primary", "look for the peering", look)
        return found

    def _request(self, ec2: Any) -> str:
        vpcs = self._vpcs()
        tags = {"Name": self._system, SYSTEM_TAG: self._system}
        asked = ec2.create_vpc_peering_connection(
            VpcId=vpcs["primary"],
            PeerVpcId=vpcs["dr"],
            PeerRegion=self._clients["dr"].region,
            TagSpecifications=[
                {
                    "ResourceType": "vpc-peering-connection",
                    "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
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
        mine = [{"Name": "vpc-id", "Values": [self._vpcs()[site]]}]
        pages = ec2.get_paginator("describe_route_tables").paginate(Filters=mine)
        return [
            dict(table)
            for page in pages
            for table in page["RouteTables"]
            if any(route.get("NatGatewayId") for route in table["Routes"])
        ]

    def _ask(self, site: SiteName, what: str, call: Any) -> Any:
        return self._clients[site].ask("ec2", what, call)


def _ends(connection: Mapping[str, Any]) -> set[str]:
    return {connection[end]["VpcId"] for end in ("RequesterVpcInfo", "AccepterVpcInfo")}


def _tags(connection: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in connection.get("Tags", [])}


def _to(table: Mapping[str, Any], cidr: str) -> dict[str, Any] | None:
    found = (route for route in table["Routes"] if route.get("DestinationCidrBlock") == cidr)
    return next((dict(route) for route in found), None)


def _leads(route: Mapping[str, Any] | None, connection: str | None) -> bool:
    """Over the connection, or in a way that is not ours and works."""
    if route is None or route.get("State") == "blackhole":
        return False
    peering = route.get("VpcPeeringConnectionId")
    return peering is None or peering == connection
