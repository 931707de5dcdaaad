"""Which clients the site that takes over does not let in: pure, over the configuration."""

from ipaddress import IPv4Network

from topology.site import SiteName
from topology.topology import Topology


def warnings(topology: Topology, to: SiteName) -> tuple[str, ...]:
    """What to say before the writer moves to `to`; nothing where every client may follow it."""
    here, other = topology.site(to), topology.other(to)
    return tuple(
        f"clients in {cidr}, which {other} admits, are not admitted by {to}: add it to "
        f"{to}.client_cidrs and deploy. They need a route to {here.cidr} too"
        for cidr in topology.site(other).admitted_networks
        if not any(
            IPv4Network(cidr).subnet_of(IPv4Network(each)) for each in here.admitted_networks
        )
    )
