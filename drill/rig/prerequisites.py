"""What a computer must have for a rig: asked before anything is made."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from drill.rig import parts
from drill.rig.inside.k3s_files import LEAST_FREE_PERCENT
from topology.refused import Problem
from topology.site import SITES
from topology.topology import Topology

_PROGRAMS = {
    "cmp": "diffutils",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "ipset": "ipset",
    "iptables": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
    "sysctl": "procps",
}
"""Debian's package of each."""


class Usage(Protocol):
    """A disk, in bytes, as `shutil.disk_usage` tells it."""

    @property
    def total(self) -> int: ...
    @property
    def free(self) -> int: ...


_NAMESPACES = ("net", "mnt", "pid", "uts", "ipc", "cgroup")
_FREE_GIB = 15
"""For the machines' disks; the parts and Go's caches come on top."""


def missing_rights() -> Sequence[str]:
    """Why nothing can even be looked at or removed here."""
    if sys.platform != "linux":
        return [f"the rig needs Linux, this is {sys.platform} - run: make drill"]
    return [] if os.geteuid() == 0 else ["the rig makes namespaces and mounts: run as root"]


def too_many_servers(topology: Topology) -> tuple[Problem, ...]:
    """Why no rig can be made of this configuration."""
    return tuple(
        Problem(fields=(f"{name}.servers",), allowed="1 on the rig, whose etcd has one member")
        for name in SITES
        if topology.site(name).servers > 1
    )


def missing() -> Sequence[str]:
    """Every reason why no rig can be made here, in words."""
    found = list(missing_rights())
    if sys.platform != "linux":
        return found
    found += [
        f"the program {program} is missing - run: apt-get install {package}"
        for program, package in _PROGRAMS.items()
        if not shutil.which(program)
    ]
    if not shutil.which("go"):
        found.append(
            "Go is missing; the parts are built from source - install it from https://go.dev/dl"
        )
    found += [
        f"this kernel has no {kind} namespaces"
        for kind in _NAMESPACES
        if not Path(f"/proc/self/ns/{kind}").exists()
    ]
    if "\toverlay\n" not in Path("/proc/filesystems").read_text(encoding="utf-8"):
        found.append("this kernel has no overlay filesystem - run: modprobe overlay")
    found += [str(each) for each in parts.lacking()]
    return [*found, *too_full(shutil.disk_usage("/var/lib"))]


def too_full(disk: Usage) -> Iterator[str]:
    """Why the machines' disks do not fit below /var/lib, of which `disk` is what is known."""
    free, total = (size / 2**30 for size in (disk.free, disk.total))
    needed = _FREE_GIB + total * LEAST_FREE_PERCENT / 100
    if free < needed:
        yield (
            f"/var/lib has {free:.0f} GiB free and needs {needed:.0f}: {_FREE_GIB} for the "
            f"machines, and {LEAST_FREE_PERCENT} % below which the kubelet starts no pods"
        )
