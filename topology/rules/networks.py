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
_OF_NOBODY = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
"""This network, loopback, link-local, multicast and what is reserved (IANA IPv4 Special-Purpose
Address Registry)."""
_WIDEST_PREFIX, _NARROWEST_PREFIX = 16, 20
_WIDEST_OF_CLIENTS = 8
"""10.0.0.0/8, the widest network that is anybody's own."""
MOST_CLIENT_NETWORKS = 59
"""EC2 lets a security group have 60 rules unless asked for more ("Amazon VPC quotas"); one is kept
for the other site, which may stream."""


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
        why = _taken(network)
        if why:
            yield Problem(fields=(f"{name}.cidr",), allowed=f"{why}, not {site.cidr}")
    if len(found) == len(SITES) and found["primary"].overlaps(found["dr"]):
        yield Problem(
            fields=("primary.cidr", "dr.cidr"),
            allowed=f"two networks that do not overlap, not {topology.primary.cidr} and "
            f"{topology.dr.cidr}",
        )


def client_networks(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        fields, known = (f"{name}.client_cidrs",), []
        for cidr in site.client_cidrs:
            network = _network(cidr)
            why = "network addresses" if network is None else _taken(network)
            if why:
                yield Problem(fields=fields, allowed=f"{why}, not {cidr}")
            if network:
                known.append(network)
        for together in ipaddress.collapse_addresses(known):
            if together.prefixlen < _WIDEST_OF_CLIENTS:
                yield Problem(
                    fields=fields,
                    allowed=f"networks that are together no wider than /{_WIDEST_OF_CLIENTS}, "
                    f"never the whole internet, not {together}",
                )
        if len(known) > MOST_CLIENT_NETWORKS:
            yield Problem(
                fields=fields,
                allowed=f"at most {MOST_CLIENT_NETWORKS} networks, as EC2 lets a security group "
                f"have 60 rules, not {len(known)}",
            )


def _taken(network: ipaddress.IPv4Network) -> str | None:
    """What is allowed instead of a network that lies in one with another meaning."""
    for taken in KUBERNETES_CIDRS:
        if network.subnet_of(ipaddress.IPv4Network(taken)):
            return f"a network outside {taken}, which k3s uses for pods or services"
    for taken in _OF_NOBODY:
        if network.subnet_of(ipaddress.IPv4Network(taken)):
            return f"a network outside {taken}, which is reserved"
    return None


def _network(cidr: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError:
        return None
