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
    generation: int
    """A machine is recreated by another number."""
    ami: str | None
    """Its image; None where the configuration leaves that open."""
    instance_type: str


def machines(topology: Topology, site: SiteName) -> tuple[Machine, ...]:
    """The site's machines, servers first; each role is spread over the zones in turn."""
    here, names = topology.site(site), topology.names

    def machine(node: str, role: Role, index: int) -> Machine:
        return Machine(
            node=node,
            role=role,
            zone=here.zones[index % len(here.zones)],
            runs_database=role == "agent" or here.agents == 0,
            generation=here.generation(node),
            ami=here.image(node),
            instance_type=here.type_of(node),
        )

    return (
        *(machine(names.server_node(index + 1), "server", index) for index in range(here.servers)),
        *(machine(names.agent_node(index + 1), "agent", index) for index in range(here.agents)),
    )
