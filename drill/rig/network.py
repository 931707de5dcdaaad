"""The rig's network: a router without an uplink, and one namespace per machine behind it.

Always true: the router's default route is `unreachable` and no interface leads out of it, so no
packet of a rig leaves this computer. One bridge per VPC carries the VPC's own range; the router is
the first address of each, as in AWS. What AWS offers (regions, metadata, load balancers) are
addresses of the router's loopback.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from drill.rig.name import ROUTER, RigName

METADATA = IPv4Address("169.254.169.254")
NAMESPACES = Path("/run/netns")
_SYSCTLS = ("net.ipv4.ip_forward=1",)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one machine is in the network."""

    machine: str
    vpc: IPv4Network
    address: IPv4Address


def gateway(vpc: IPv4Network) -> IPv4Address:
    """The router's address in a VPC."""
    return vpc.network_address + 1


def router_batch(vpcs: Sequence[IPv4Network], services: Sequence[IPv4Address]) -> list[str]:
    """What `ip -batch` does inside the router's new namespace."""
    lines = ["link set lo up", "route add unreachable default"]
    for address in (METADATA, *services):
        lines.append(f"addr add {address}/32 dev lo")
    for index, vpc in enumerate(vpcs):
        lines += [
            f"link add vpc{index} type bridge",
            f"addr add {gateway(vpc)}/{vpc.prefixlen} dev vpc{index}",
            f"link set vpc{index} up",
        ]
    # The local table comes after the cuts, so that these hold for the router's own addresses too.
    return [*lines, "rule add pref 1000 lookup local", "rule del pref 0"]


def machine_batches(
    place: Place, *, index: int, bridge: str, router: str, namespace: str
) -> Mapping[str, list[str]]:
    """What `ip -batch` does for one machine, by the namespace in which it is done."""
    cable = f"m{index}"
    return {
        router: [
            f"link add {cable} type veth peer name eth0 netns {namespace}",
            f"link set {cable} master {bridge} up",
        ],
        namespace: [
            "link set lo up",
            f"addr add {place.address}/{place.vpc.prefixlen} dev eth0",
            "link set eth0 up",
            f"route add default via {gateway(place.vpc)}",
        ],
    }


class Network:
    """The namespaces of one rig."""

    def __init__(self, name: RigName, vpcs: Sequence[IPv4Network]) -> None:
        self._name = name
        self._vpcs = list(vpcs)
        self._router = name.namespace(ROUTER)

    def make_router(self, services: Sequence[IPv4Address]) -> None:
        """Make the router; `services` are the addresses that AWS listens on."""
        _add(self._router)
        _batch(self._router, router_batch(self._vpcs, services))

    def plug_in(self, places: Sequence[Place]) -> None:
        """Make the namespace of each machine and connect it."""
        for index, place in enumerate(places):
            namespace = self._name.namespace(place.machine)
            _add(namespace)
            batches = machine_batches(
                place,
                index=index,
                bridge=f"vpc{self._vpcs.index(place.vpc)}",
                router=self._router,
                namespace=namespace,
            )
            for where, lines in batches.items():
                _batch(where, lines)


def namespaces(name: RigName) -> list[str]:
    """The namespaces of a rig that exist."""
    if not NAMESPACES.is_dir():
        return []
    return sorted(each.name for each in NAMESPACES.iterdir() if name.owns(each.name))


def remove_namespaces(name: RigName) -> None:
    """Remove all of them; the processes in them must have ended."""
    for namespace in namespaces(name):
        _run(["ip", "netns", "delete", namespace])


def _add(namespace: str) -> None:
    _run(["ip", "netns", "add", namespace])
    for setting in _SYSCTLS:
        _run(["ip", "netns", "exec", namespace, "sysctl", "-qw", setting])


def _batch(namespace: str, lines: Sequence[str]) -> None:
    _run(["ip", "-n", namespace, "-batch", "-"], "\n".join(lines) + "\n")


def _run(argv: Sequence[str], stdin: str = "") -> None:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}\n{stdin}".strip())
