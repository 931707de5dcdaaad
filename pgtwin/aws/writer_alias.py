"""A host name in the private zone of a region's VPC: that of the writer, or of the other site.

Route 53 is worldwide: the lost region's name can be moved too. Moving it takes Route 53's control
plane, which is in us-east-1; resolving it does not.
"""

from collections.abc import Callable
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteFailed

_PREFIX = "dualstack."
"""As the stacks write it: Route 53 deletes a record only by the values that it has, and
CloudFormation knows those of its template alone."""


class WriterAlias:
    """Such as `writer.<system>.internal`, as the clients in one region see it."""

    def __init__(self, worldwide: Clients, *, zone: str, host: str, region: str) -> None:
        self._route53 = worldwide
        self._zone = zone
        self.host = host
        self._region = region

    def target(self) -> str | None:
        """The host name of the load balancer that the alias leads to, in lower case."""
        record = self._record(self._zone_id())
        if record is None or "AliasTarget" not in record:
            return None
        return str(record["AliasTarget"]["DNSName"]).rstrip(".").lower().removeprefix(_PREFIX)

    def point_to(self, load_balancer: str, load_balancer_zone: str) -> None:
        """Make the alias lead to a network load balancer."""
        zone = self._zone_id()
        record = {
            "Name": self.host,
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": load_balancer_zone,
                "DNSName": f"{_PREFIX}{load_balancer}",
                "EvaluateTargetHealth": False,
            },
        }
        self._change(zone, "UPSERT", record, f"point {self.host} in {self._region}")

    def is_there(self) -> bool:
        """Whether there is such a name; without a zone there is none."""
        zone = self._find_zone()
        return zone is not None and self._record(zone) is not None

    def leads_to(self, load_balancer: Callable[[], str]) -> bool | None:
        """Whether it leads there, which is asked only where there is such a name; else None."""
        return self.target() == load_balancer() if self.is_there() else None

    def remove(self) -> bool:
        """Remove the name; whether it was there."""
        zone = self._find_zone()
        record = None if zone is None else self._record(zone)
        if zone is None or record is None:
            return False
        self._change(zone, "DELETE", record, f"remove {self.host} in {self._region}")
        return True

    def vpc(self) -> str:
        """The id of the VPC that the zone belongs to."""
        zone = self._zone_id()
        found = self._route53.ask(
            "route53",
            f"read the zone {self._zone} of {self._region}",
            lambda route53: route53.get_hosted_zone(Id=zone)["VPCs"],
        )
        return next(str(vpc["VPCId"]) for vpc in found if vpc["VPCRegion"] == self._region)

    def _change(self, zone: str, action: str, record: dict[str, Any], what: str) -> None:
        changes = [{"Action": action, "ResourceRecordSet": record}]
        self._route53.ask(
            "route53",
            what,
            lambda route53: route53.change_resource_record_sets(
                HostedZoneId=zone, ChangeBatch={"Changes": changes}
            ),
        )

    def _record(self, zone_id: str) -> dict[str, Any] | None:
        found = self._route53.ask(
            "route53",
            f"read {self.host} in {self._region}",
            lambda route53: route53.list_resource_record_sets(
                HostedZoneId=zone_id,
                StartRecordName=self.host,
                StartRecordType="A",
                MaxItems="1",
            )["ResourceRecordSets"],
        )
        for record in found:
            if record["Name"].rstrip(".") == self.host and record["Type"] == "A":
                return dict(record)
        return None

    def _zone_id(self) -> str:
        found = self._find_zone()
        if found is not None:
            return found
        raise SiteFailed(f"no private zone {self._zone} in {self._region} - run: make deploy")

    def _find_zone(self) -> str | None:
        def look(route53: Any) -> str | None:
            for zone in route53.list_hosted_zones_by_name(DNSName=self._zone)["HostedZones"]:
                if zone["Name"].rstrip(".") != self._zone:
                    continue
                vpcs = route53.get_hosted_zone(Id=zone["Id"]).get("VPCs", [])
                if any(vpc["VPCRegion"] == self._region for vpc in vpcs):
                    return str(zone["Id"])
            return None

        found: str | None = self._route53.ask("route53", f"look for the zone {self._zone}", look)
        return found
