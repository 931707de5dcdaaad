"""What a VPC's own name server knows of AWS: its private zones, and the names of load balancers."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from drill.aws.embedded_aws import EmbeddedAws

_BALANCER_LABEL, _OF_AWS = "elb", "amazonaws.com"


class PrivateNames:
    """Of the VPCs of one region; each question is asked of Route 53 again."""

    def __init__(self, aws: EmbeddedAws, region: str, balancers: Mapping[str, IPv4Address]) -> None:
        """`balancers` has the address of each region's load balancer."""
        self._balancers = balancers
        self._region = region
        # Route 53 is worldwide; what it last said is served on, whichever region is lost.
        self._route53 = aws.client("route53", region)

    def address(self, name: str) -> IPv4Address | None:
        """The address behind a name in lower case; None for one that is not known here."""
        return self._balancer(name) or self._balancer(self._alias(name))

    def _balancer(self, name: str) -> IPv4Address | None:
        labels = name.split(".")
        if _BALANCER_LABEL not in labels or not name.endswith(_OF_AWS):
            return None
        found = (address for region, address in self._balancers.items() if region in labels)
        return next(found, None)

    def _alias(self, name: str) -> str:
        for zone in self._route53.list_hosted_zones()["HostedZones"]:
            if name.endswith(zone["Name"].rstrip(".")) and self._is_here(zone["Id"]):
                return self._target(zone["Id"], name)
        return ""

    def _is_here(self, zone: str) -> bool:
        vpcs = self._route53.get_hosted_zone(Id=zone).get("VPCs", [])
        return any(each["VPCRegion"] == self._region for each in vpcs)

    def _target(self, zone: str, name: str) -> str:
        records = self._route53.list_resource_record_sets(
            HostedZoneId=zone, StartRecordName=name, StartRecordType="A"
        )["ResourceRecordSets"]
        for record in records:
            if record["Name"].rstrip(".") == name and "AliasTarget" in record:
                return str(record["AliasTarget"]["DNSName"]).rstrip(".").lower()
        return ""
