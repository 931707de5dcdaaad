"""Which machines a site has, and where each one stands."""

from dataclasses import dataclass
from typing import Literal

from topology.site import SiteName
from topology.topology import Topology

Role = Literal["server", "agent"]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One EC2 instance: its node name, what it does and its zone."""

    node: str
    role: Role
    zone: str
    runs_database: bool


def machines(topology: Topology, site: SiteName) -> tuple[Machine, ...]:
    """The site's machines, servers first; each role is spread over the zones in turn."""
    here, names = topology.site(site), topology.names
    servers = [
        Machine(
            node=names.server_node(index + 1),
            role="server",
            zone=here.zones[index % len(here.zones)],
            runs_database=here.agents == 0,
        )
        for index in range(here.servers)
    ]
    agents = [
        Machine(
            node=names.agent_node(index + 1),
            role="agent",
            zone=here.zones[index % len(here.zones)],
            runs_database=True,
        )
        for index in range(here.agents)
    ]
    return (*servers, *agents)
