"""The writer's host name in the private zone of each region's VPC.

Route 53 is worldwide: the lost region's name can be moved too.
"""

from typing import Any

from pgtwin.aws.answers import answers
from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteFailed


class WriterAlias:
    """`writer.<system>.internal` as the clients in one region see it."""

    def __init__(self, worldwide: Clients, *, zone: str, host: str, region: str) -> None:
        self._route53 = worldwide
        self._zone = zone
        self._host = host
        self._region = region

    def target(self) -> str | None:
        """The host name that the alias leads to."""
        record = self._record(self._zone_id())
        if record is None or "AliasTarget" not in record:
            return None
        return str(record["AliasTarget"]["DNSName"]).rstrip(".")

    def point_to(self, load_balancer: str, load_balancer_zone: str) -> None:
        """Make the alias lead to a network load balancer."""
        with answers(f"point {self._host} in {self._region}"):
            self._route53.client("route53").change_resource_record_sets(
                HostedZoneId=self._zone_id(),
                ChangeBatch={
                    "Changes": [
                        {
                            "Action": "UPSERT",
                            "ResourceRecordSet": {
                                "Name": self._host,
                                "Type": "A",
                                "AliasTarget": {
                                    "HostedZoneId": load_balancer_zone,
                                    "DNSName": load_balancer,
                                    "EvaluateTargetHealth": False,
                                },
                            },
                        }
                    ]
                },
            )

    def _record(self, zone_id: str) -> dict[str, Any] | None:
        with answers(f"read {self._host} in {self._region}"):
            found = self._route53.client("route53").list_resource_record_sets(
                HostedZoneId=zone_id,
                StartRecordName=self._host,
                StartRecordType="A",
                MaxItems="1",
            )["ResourceRecordSets"]
        for record in found:
            if record["Name"].rstrip(".") == self._host and record["Type"] == "A":
                return dict(record)
        return None

    def _zone_id(self) -> str:
        route53 = self._route53.client("route53")
        with answers(f"look for the zone {self._zone}"):
            for zone in route53.list_hosted_zones_by_name(DNSName=self._zone)["HostedZones"]:
                if zone["Name"].rstrip(".") != self._zone:
                    continue
                vpcs = route53.get_hosted_zone(Id=zone["Id"]).get("VPCs", [])
                if any(vpc["VPCRegion"] == self._region for vpc in vpcs):
                    return str(zone["Id"])
        raise SiteFailed(f"no private zone {self._zone} in {self._region}")
