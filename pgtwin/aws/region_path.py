"""The private path that a site streams over: from its VPC to the other one's load balancer.

What always holds: each part is looked at before it is made, so a repeat makes what is missing and
no more, as after a stack was deployed again. Without the path nothing stops: the site that follows
reads the archive. The names come last, so that none leads where no route does. Only what `make`
made is removed, at each site by itself: one whose stack is gone has nothing left to remove.
"""

from functools import cached_property

from pgtwin.aws.clients import WORLDWIDE_REGION, Clients
from pgtwin.aws.load_balancer import LoadBalancer
from pgtwin.aws.peering import Peering
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.aws.writer_alias import WriterAlias
from pgtwin.clock import Clock
from topology.site import SITES, SiteName
from topology.topology import Topology


class RegionPath:
    """Both directions: either site may be the one that follows."""

    def __init__(
        self, topology: Topology, clients: dict[SiteName, Clients], *, clock: Clock
    ) -> None:
        worldwide = Clients(WORLDWIDE_REGION)
        names = topology.names
        self._names = {
            site: WriterAlias(
                worldwide,
                zone=names.zone(),
                host=names.site_host(topology.other(site)),
                region=topology.site(site).region,
            )
            for site in SITES
        }
        self._balancers = {
            site: LoadBalancer(clients[site], SiteParameters(clients[site], names), site)
            for site in SITES
        }
        self._topology = topology
        self._peering = Peering(
            clients,
            vpcs=lambda: self._vpcs,
            cidrs={site: topology.site(site).cidr for site in SITES},
            system=topology.name,
            clock=clock,
        )

    def missing(self) -> tuple[str, ...]:
        """What is not there, in words; changes nothing."""
        connection = self._peering.find()
        found = [] if connection else ["the peering connection of the two VPCs"]
        for site in SITES:
            tables = self._peering.tables(site, connection)
            found += [f"{site}'s route in {table}" for table, leads in tables.items() if not leads]
            if not self._is_named(site):
                found.append(self._named(site))
        found += [
            f"the removal of {old}, a VPC of which was replaced" for old in self._peering.replaced()
        ]
        return tuple(found)

    def make(self) -> tuple[str, ...]:
        """Make what is missing; says what that was."""
        missing = self.missing()
        if not missing:
            return ()
        connection = self._peering.make()
        for site in SITES:
            for table, leads in self._peering.tables(site, connection).items():
                if not leads:
                    self._peering.route(site, table, connection)
        for site in SITES:
            if not self._is_named(site):
                balancer = self._balancers[self._topology.other(site)]
                self._names[site].point_to(balancer.host(), balancer.zone())
        for old in self._peering.replaced():
            self._peering.unmake(old)
        return missing

    def left(self) -> tuple[str, ...]:
        """What there is of what `make` made, in words; changes nothing."""
        return (
            *(self._named(site) for site in SITES if self._names[site].is_there()),
            *(_routed(connection) for connection in self._peering.ours()),
        )

    def remove(self) -> tuple[str, ...]:
        """Take away what `make` made; says what that was."""
        removed = [self._named(site) for site in SITES if self._names[site].remove()]
        for connection in self._peering.ours():
            for site in SITES:
                self._peering.unroute(site, connection)
            self._peering.unmake(connection)
            removed.append(_routed(connection))
        return tuple(removed)

    @cached_property
    def _vpcs(self) -> dict[SiteName, str]:
        return {site: self._names[site].vpc() for site in SITES}

    def _named(self, site: SiteName) -> str:
        return f"{self._names[site].host} in {site}'s zone"

    def _is_named(self, site: SiteName) -> bool:
        balancer = self._balancers[self._topology.other(site)]
        return self._names[site].target() == balancer.host()


def _routed(connection: str) -> str:
    return f"{connection} and the routes over it"
