"""The writer's name in a region's zone, as the stacks write it."""

from typing import Any

from topology.names import Names

_PREFIX = "dualstack."
"""What the CDK puts before a load balancer's name."""


def alias_record(names: Names, balancer: dict[str, Any]) -> dict[str, Any]:
    """Leads to a load balancer, as Elastic Load Balancing describes it."""
    return {
        "Name": names.writer_alias(),
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": balancer["CanonicalHostedZoneId"],
            "DNSName": f"{_PREFIX}{balancer['DNSName']}",
            "EvaluateTargetHealth": False,
        },
    }


def target(record: dict[str, Any]) -> str:
    """The load balancer that such a record leads to."""
    return str(record["AliasTarget"]["DNSName"]).rstrip(".").removeprefix(_PREFIX)
