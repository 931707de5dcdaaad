"""A rig of a test's own, on Linux with root; it leaves nothing whatever the test did."""

import os
import sys
import uuid
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from drill.rig import addresses, network, remains
from drill.rig.inside.machine_spec import MachineSpec
from drill.rig.machine import RigMachine
from drill.rig.name import RigName
from drill.rig.network import Place

ROOT = Path(__file__).parents[3]
VPCS = {"primary": IPv4Network("10.0.0.0/16"), "dr": IPv4Network("10.1.0.0/16")}
ADDRESSES = {"primary": IPv4Address("10.0.0.11"), "dr": IPv4Address("10.1.0.11")}


def machine(
    name: RigName, site: str, program: tuple[str, ...] = ("/bin/sleep", "600")
) -> RigMachine:
    """A machine whose process 1 does nothing."""
    spec = MachineSpec(
        instance=f"i-{site}",
        hostname=f"{site}-server-1",
        namespace=name.namespace(f"{site}-server-1"),
        wiring=network.wiring(
            name,
            list(VPCS.values()),
            Place(
                machine=f"{site}-server-1",
                index=list(VPCS).index(site),
                vpc=VPCS[site],
                address=ADDRESSES[site],
            ),
        ),
        cgroup=name.machine_cgroup(f"{site}-server-1"),
        folder=str(name.state / f"{site}-server-1"),
        shows=(str(ROOT), sys.base_prefix),
        disks={"/volumes/vol-1": str(name.state / "volumes" / site)},
        kernel_settings=("vm.overcommit_memory",),
        program=program,
        environment={"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    return RigMachine(spec)


def wire(name: RigName) -> None:
    """The network of two sites."""
    balancers = map(addresses.balancer, VPCS.values())
    network.make_router(name, list(VPCS.values()), [IPv4Address("198.18.0.2"), *balancers])


@pytest.fixture
def rig_name() -> Iterator[RigName]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("namespaces need Linux and root")
    name = RigName(run=f"t{uuid.uuid4().hex[:8]}")
    yield name
    remains.remove(name)
    assert remains.find(name) == []
