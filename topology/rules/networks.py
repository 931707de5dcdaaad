"""Regions, zones and networks: two sites that never touch each other."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.regions import REGIONS
from topology.site import SITES, SiteName

if TYPE_CHECKING:
    from topology.topology import Topology

KUBERNETES_CIDRS = ("10.42.0.0/16", "10.43.0.0/16")
"""k3s' default pod and service networks."""
_WIDEST_PREFIX, _NARROWEST_PREFIX = 16, 20


def zones(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        known = [f"{site.region}{letter}" for letter in REGIONS[site.region].zones]
        strangers = [zone for zone in site.zones if zone not in known]
        if strangers:
            yield Problem(
                fields=(f"{name}.zones",),
                allowed=f"zones of {site.region}, {', '.join(known)}, not {strangers[0]}",
            )
        if len(set(site.zones)) < len(site.zones):
            yield Problem(fields=(f"{name}.zones",), allowed="each zone once")
        if site.nat_gateways > len(site.zones):
            yield Problem(
                fields=(f"{name}.nat_gateways",), allowed=f"1 to {len(site.zones)}, one per zone"
            )


def networks(topology: "Topology") -> Iterator[Problem]:
    found: dict[SiteName, ipaddress.IPv4Network] = {}
    for name, site in topology.sites():
        network = _network(site.cidr)
        if network is None or not _WIDEST_PREFIX <= network.prefixlen <= _NARROWEST_PREFIX:
            yield Problem(
                fields=(f"{name}.cidr",),
                allowed=f"a network address with a prefix of /{_WIDEST_PREFIX} to "
                f"/{_NARROWEST_PREFIX}, such as 10.0.0.0/16, not {site.cidr}",
            )
            continue
        found[name] = network
        for taken in KUBERNETES_CIDRS:
            if network.overlaps(ipaddress.IPv4Network(taken)):
                yield Problem(
                    fields=(f"{name}.cidr",),
                    allowed=f"a network outside {taken}, which k3s uses for pods or services, "
                    f"not {site.cidr}",
                )
    if len(found) == len(SITES) and found["primary"].overlaps(found["dr"]):
        yield Problem(
            fields=("primary.cidr", "dr.cidr"),
            allowed=f"two networks that do not overlap, not {topology.primary.cidr} and "
            f"{topology.dr.cidr}",
        )


def client_networks(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        for cidr in site.client_cidrs:
            network = _network(cidr)
            if network is None or network.prefixlen == 0:
                yield Problem(
                    fields=(f"{name}.client_cidrs",),
                    allowed=f"network addresses, never the whole internet, not {cidr}",
                )


def _network(cidr: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError:
        return None
