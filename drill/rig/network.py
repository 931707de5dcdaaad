"""The rig's network: a router without an uplink, and one namespace per machine behind it.

Always true: the router's default route is `unreachable` and no interface leads out of it, so no
packet of a rig leaves this computer. One bridge per VPC carries the VPC's own range; the router is
the first address of each, as in AWS. What AWS offers (regions, metadata, load balancers) are
addresses of the router's loopback. A machine without power is silent, as in a VPC: the router
takes its address over and drops what comes for it.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from drill.rig.inside.machine_spec import Wiring
from drill.rig.name import ROUTER, RigName

METADATA = IPv4Address("169.254.169.254")
NAMESPACES = Path("/run/netns")
_VOID = "void"
"""A bridge without ports: what is sent there is gone."""
_SYSCTLS = ("net.ipv4.ip_forward=1",)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one machine is in the network; `index` is unique within the rig."""

    machine: str
    index: int
    vpc: IPv4Network
    address: IPv4Address


def gateway(vpc: IPv4Network) -> IPv4Address:
    """The router's address in a VPC."""
    return vpc.network_address + 1


def router_batch(vpcs: Sequence[IPv4Network], services: Sequence[IPv4Address]) -> list[str]:
    """What `ip -batch` does inside the router's new namespace."""
    lines = ["link set lo up", "route add unreachable default"]
    lines += [f"link add {_VOID} type bridge", f"link set {_VOID} arp off up"]
    lines += [f"addr add {address}/32 dev lo" for address in (METADATA, *services)]
    for index, vpc in enumerate(vpcs):
        lines += [
            f"link add vpc{index} type bridge",
            f"addr add {gateway(vpc)}/{vpc.prefixlen} dev vpc{index}",
            f"link set vpc{index} up",
        ]
    # The local table comes after the cuts, so that these hold for the router's own addresses too.
    return [*lines, "rule add pref 1000 lookup local", "rule del pref 0"]


def wiring(name: RigName, vpcs: Sequence[IPv4Network], place: Place) -> Wiring:
    """How a machine is connected."""
    cable, bridge = f"m{place.index}", f"vpc{list(vpcs).index(place.vpc)}"
    silence = (
        f"route replace {place.address}/32 dev {_VOID}",
        f"neigh replace proxy {place.address} dev {bridge}",
    )
    return Wiring(
        router=name.namespace(ROUTER),
        plug=(
            f"link add {cable} type veth peer name eth0 netns {name.namespace(place.machine)}",
            f"link set {cable} master {bridge} up",
            *silence,  # so that both are there to be deleted
            *(line.replace(" replace ", " del ", 1) for line in silence),
        ),
        connect=(
            "link set lo up",
            f"addr add {place.address}/{place.vpc.prefixlen} dev eth0",
            "link set eth0 up",
            f"route add default via {gateway(place.vpc)}",
        ),
        unplug=(*silence, f"link del {cable}"),
    )


def make_router(
    name: RigName, vpcs: Sequence[IPv4Network], services: Sequence[IPv4Address]
) -> None:
    """Make the router; `services` are the addresses that AWS listens on."""
    router = name.namespace(ROUTER)
    _add(router)
    _batch(router, router_batch(vpcs, services))


def plug_in(namespace: str, wired: Wiring) -> None:
    """Make the namespace of a machine and connect it."""
    _add(namespace)
    _batch(wired.router, wired.plug)
    _batch(namespace, wired.connect)


def pull_out(namespace: str, wired: Wiring) -> None:
    """Disconnect a machine; `remove` its namespace when its processes have ended."""
    if (NAMESPACES / namespace).exists():
        _batch(wired.router, wired.unplug, force=True)


def remove(namespace: str) -> None:
    """Remove a namespace, with all that was set up in it; silent where there is none."""
    if (NAMESPACES / namespace).exists():
        _run(["ip", "netns", "delete", namespace])


def namespaces(name: RigName) -> list[str]:
    """The namespaces of a rig that exist."""
    if not NAMESPACES.is_dir():
        return []
    return sorted(each.name for each in NAMESPACES.iterdir() if name.owns(each.name))


def _add(namespace: str) -> None:
    _run(["ip", "netns", "add", namespace])
    for setting in _SYSCTLS:
        _run(["ip", "netns", "exec", namespace, "sysctl", "-qw", setting])


def _batch(namespace: str, lines: Sequence[str], *, force: bool = False) -> None:
    command = ["ip", "-n", namespace, *(["-force"] if force else []), "-batch", "-"]
    _run(command, "\n".join(lines) + "\n", check=not force)


def _run(argv: Sequence[str], stdin: str = "", *, check: bool = True) -> None:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}\n{stdin}".strip())
