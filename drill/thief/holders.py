"""Which principals hold a role by design."""

from dataclasses import dataclass

from drill.thief.principal import DUMP_POD, machine
from topology.site import SITES, SiteName
from topology.topology import Topology

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Holders:
    """The principals of each role of one topology."""

    topology: Topology

    def server(self, site: SiteName) -> frozenset[str]:
        """A site's servers; with no agents beside them, its database pods too."""
        return frozenset({machine(site, "server")}) | (
            NOBODY if self.topology.site(site).agents else self._dump(site)
        )

    def database(self, site: SiteName) -> frozenset[str]:
        """Whatever runs on the machines of a site's database."""
        role = "agent" if self.topology.site(site).agents else "server"
        return frozenset({machine(site, role)}) | self._dump(site)

    def machines(self, site: SiteName) -> frozenset[str]:
        """Everything that runs on a site."""
        return self.server(site) | self.database(site)

    @property
    def every_machine(self) -> frozenset[str]:
        """Everything that runs on both."""
        return frozenset[str]().union(*(self.machines(site) for site in SITES))

    @property
    def every_database(self) -> frozenset[str]:
        """The machines of both sites' databases."""
        return frozenset[str]().union(*(self.database(site) for site in SITES))

    def _dump(self, site: SiteName) -> frozenset[str]:
        return frozenset({DUMP_POD}) if site == "primary" else NOBODY
