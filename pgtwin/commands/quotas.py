"""What `pgtwin doctor` says of the account's quotas: whether a site fits in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pgtwin.aws.earlier_life import CREATION_FAILED, NONE, EarlierLife
from pgtwin.commands.desk import Desk
from pgtwin.errors import SiteFailed
from topology.site import Site, SiteName


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One of a region's; `name` is what Service Quotas calls it."""

    what: str
    unit: str
    service: str
    code: str
    name: str
    needed: Callable[[Site], int]
    used: Callable[[Any], int] | None = None
    """Counts what the account has in the region already. None where that is not counted: those
    that run are stopped and started under it."""

    @property
    def remedy(self) -> str:
        """What a person does about too small a one."""
        return f"Service Quotas, {self.service.upper()}, '{self.name}': ask for more"

    def look(self, desk: Desk, site: SiteName) -> str:
        """What was found.

        Raises:
            SiteFailed: where it is too small for a site that does not stand yet.
        """
        clients = desk.clients[site]
        limit = int(clients.ask("service-quotas", f"read the {self.what}", self._limit))
        needed = self.needed(desk.topology.site(site))
        if self.used is None:
            said, free = f"{limit} {self.unit}, {needed} needed", limit
        elif _stands(desk, site):
            return f"{limit} {self.unit}; {site} has what it needs"
        else:
            used = clients.ask("ec2", f"count the {self.unit}", self.used)
            said, free = f"{limit} {self.unit}, {used} in use, {needed} needed", limit - used
        if free < needed:
            raise SiteFailed(said)
        return said

    def _limit(self, quotas: Any) -> float:
        found = quotas.get_service_quota(ServiceCode=self.service, QuotaCode=self.code)
        return float(found["Quota"]["Value"])


QUOTAS = (
    Quota(
        what="vCPU quota",
        unit="vCPUs",
        service="ec2",
        code="L-1216C47A",
        name="Running On-Demand Standard instances",
        needed=lambda site: (site.servers + site.agents) * site.machine.vcpus,
    ),
    Quota(
        what="address quota",
        unit="elastic addresses",
        service="ec2",
        code="L-0263D0A3",
        name="EC2-VPC Elastic IPs",
        needed=lambda site: site.nat_gateways,
        used=lambda ec2: len(ec2.describe_addresses()["Addresses"]),
    ),
    Quota(
        what="VPC quota",
        unit="VPCs",
        service="vpc",
        code="L-F678F1CE",
        name="VPCs per Region",
        needed=lambda site: 1,
        used=lambda ec2: sum(
            len(page["Vpcs"]) for page in ec2.get_paginator("describe_vpcs").paginate()
        ),
    ),
)


def _stands(desk: Desk, site: SiteName) -> bool:
    life = EarlierLife(
        topology=desk.topology, site=site, clients=desk.clients[site], account=desk.account
    )
    return life.stack_status() not in (*NONE, *CREATION_FAILED)
