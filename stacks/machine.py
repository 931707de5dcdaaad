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
    """The site's machines, servers first."""
    here, zones = topology.site(site), topology.zones(site)

    def machine(node: str, role: Role) -> Machine:
        return Machine(
            node=node,
            role=role,
            zone=zones[node],
            runs_database=role == "agent" or here.agents == 0,
            generation=here.generation(node),
            ami=here.image(node),
            instance_type=here.type_of(node),
        )

    nodes = topology.nodes(site)
    return (
        *(machine(node, "server") for node in nodes[: here.servers]),
        *(machine(node, "agent") for node in nodes[here.servers :]),
    )
