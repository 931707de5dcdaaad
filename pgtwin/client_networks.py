"""Which clients the site that takes over does not let in: pure, over the configuration."""

from ipaddress import ip_network

from topology.site import SITES, SiteName
from topology.topology import Topology


def warnings(topology: Topology, to: SiteName) -> tuple[str, ...]:
    """What to say before the writer moves to `to`; nothing where every client may follow it."""
    here = topology.site(to)
    admitted = [ip_network(cidr) for cidr in here.client_cidrs or (here.cidr,)]
    found = []
    for name in SITES:
        if name == to:
            continue
        there = topology.site(name)
        for cidr in there.client_cidrs or (there.cidr,):
            if not any(_within(cidr, each) for each in admitted):
                found.append(
                    f"clients in {cidr}, which {name} admits, are not admitted by {to}: add it to "
                    f"{to}.client_cidrs and deploy. They need a route to {here.cidr} too"
                )
    return tuple(found)


def _within(cidr: object, network: object) -> bool:
    inner, outer = ip_network(str(cidr)), ip_network(str(network))
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
