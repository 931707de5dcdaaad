"""The paths between the two regions of an emulated AWS, as open as `pgtwin link` has left them."""

from collections.abc import Callable, Mapping
from typing import Any

from drill.replication_mode import DISTANCE_SECONDS
from drill.stream import peering
from drill.stream.region_path import RegionPath
from topology.site import SITES, SiteName, other_site
from topology.topology import Topology

Ask = Callable[[str, str], Any]
"""A boto3 client by service and region."""


class DeployedPaths:
    """One path to each site's load balancer. `close` takes them away."""

    def __init__(
        self,
        topology: Topology,
        client: Ask,
        balancers: Mapping[SiteName, Callable[[], int | None]],
        *,
        distance_seconds: float = DISTANCE_SECONDS,
    ) -> None:
        self._topology = topology
        self._client = client
        self._paths = {
            site: RegionPath(balancers[site], delay_seconds=distance_seconds / 2) for site in SITES
        }

    def route(self, site: SiteName, host: str) -> int | None:
        """Where a host of the other site is reached from a site; None where nothing leads there."""
        there = other_site(site)
        if host != self._topology.names.site_host(there):
            return None
        deployed = self._resolves(site, host) and self._peered(site) and self._peered(there)
        return self._paths[there].port if deployed else None

    def cut(self) -> None:
        """Let nothing pass between the regions."""
        for path in self._paths.values():
            path.cut()

    def heal(self) -> None:
        """Let it pass again."""
        for path in self._paths.values():
            path.heal()

    def close(self) -> None:
        """Take them away."""
        for path in self._paths.values():
            path.close()

    def _resolves(self, site: SiteName, host: str) -> bool:
        region = self._topology.site(site).region
        route53 = self._client("route53", region)
        for zone in route53.list_hosted_zones_by_name(DNSName=self._topology.names.zone())[
            "HostedZones"
        ]:
            vpcs = route53.get_hosted_zone(Id=zone["Id"])["VPCs"]
            if any(vpc["VPCRegion"] == region for vpc in vpcs):
                records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])
                return any(each["Name"] == f"{host}." for each in records["ResourceRecordSets"])
        return False

    def _peered(self, site: SiteName) -> bool:
        ec2 = self._client("ec2", self._topology.site(site).region)
        return peering.leads(ec2, self._topology.site(other_site(site)).cidr)
