"""The writer's name, resolved as an application in a region resolves it."""

import json
from typing import Any

from drill.ground import Cloud
from topology.site import SITES, SiteName
from topology.topology import Topology


class WriterAlias:
    """`writer.<system>.internal` in each region's private zone."""

    def __init__(self, aws: Cloud, topology: Topology) -> None:
        self._name = topology.names.writer_alias()
        # Route 53 is worldwide; it is asked through the region that is never cut.
        self._route53 = aws.client("route53", topology.dr.region)
        self._balancers: dict[str, SiteName] = {}
        self._zones: dict[SiteName, str] = {}
        for name in SITES:
            region = topology.site(name).region
            outputs = _outputs(aws, region, topology.names.outputs_parameter(name))
            self._balancers[outputs["load_balancer"].lower()] = name
            self._zones[name] = outputs["hosted_zone"]

    def seen_from(self, site: SiteName) -> SiteName | None:
        """The site to which the name leads in a region; None where it leads nowhere."""
        records = self._route53.list_resource_record_sets(
            HostedZoneId=self._zones[site], StartRecordName=self._name, StartRecordType="A"
        )["ResourceRecordSets"]
        for record in records:
            if record["Name"].rstrip(".") == self._name and "AliasTarget" in record:
                target = record["AliasTarget"]["DNSName"].rstrip(".").lower()
                return self._balancers.get(target.removeprefix("dualstack."))
        return None


def _outputs(aws: Cloud, region: str, parameter: str) -> dict[str, Any]:
    value = aws.client("ssm", region).get_parameter(Name=parameter)["Parameter"]["Value"]
    return dict(json.loads(value))
