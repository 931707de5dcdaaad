"""The path between the deployed networks of two sites: made by `pgtwin link`, and looked for."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def link(config: Path, environment: Mapping[str, str]) -> None:
    """Make it, as `make deploy` ends with that, by an administrator: before IAM decides.

    `environment` leads to the AWS of what is deployed.
    """
    subprocess.run(
        [str(Path(sys.executable).parent / "pgtwin"), "link", "--config", str(config)],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )


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
