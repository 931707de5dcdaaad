"""Whether the deployed network of a site leads to that of the other."""

from typing import Any


def leads(ec2: Any, cidr: str) -> bool:
    """Whether a route to that network goes over a peering connection that is active."""
    active = {
        each["VpcPeeringConnectionId"]
        for each in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
        if each["Status"]["Code"] == "active"
    }
    return any(
        route.get("VpcPeeringConnectionId") in active
        for table in ec2.describe_route_tables()["RouteTables"]
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == cidr
    )
