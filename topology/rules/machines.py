"""Machines: enough of them, of the right kind, with room for what they hold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.instance_types import FAMILIES, InstanceType
from topology.problem import Problem
from topology.regions import REGIONS

if TYPE_CHECKING:
    from topology.topology import Topology

OVERHEAD_GIB = 10
"""Container images, logs and etcd beside the database on the data volume."""


def machines(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        if site.servers % 2 == 0:
            yield Problem(
                fields=(f"{name}.servers",),
                allowed=f"an odd number, 1, 3, 5 or 7: etcd with {site.servers} servers survives "
                f"no more losses than with {site.servers - 1}",
            )
        if site.instances > site.database_nodes:
            yield Problem(
                fields=(f"{name}.instances",),
                allowed=f"1 to {site.database_nodes}, one a database node, not {site.instances}",
            )


def instance_types(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        machine = InstanceType.named(site.instance_type)
        if machine is None:
            families = ", ".join(sorted(FAMILIES))
            yield Problem(
                fields=(f"{name}.instance_type",),
                allowed=f"a type that there is, with at least 2 GiB, of one of the families "
                f"{families}, not {site.instance_type!r}",
            )
        elif machine.architecture != site.architecture:
            yield Problem(
                fields=(f"{name}.instance_type", f"{name}.architecture"),
                allowed=f"{site.instance_type} is {machine.architecture}, "
                f"the architecture says {site.architecture}",
            )


def offered(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        zones = REGIONS[site.region].offers(site.instance_type.partition(".")[0])
        if InstanceType.named(site.instance_type) and len(site.zones) > zones:
            yield Problem(
                fields=(f"{name}.instance_type", f"{name}.zones"),
                allowed=f"a type that {site.region} offers in {len(site.zones)} zones; "
                f"{site.instance_type} is in {zones or 'none'} of them (topology/regions.txt)",
            )


def volumes(topology: "Topology") -> Iterator[Problem]:
    database, backups = topology.database, topology.backups
    needed = database.storage_gib + database.wal_gib + backups.dump_scratch_gib + OVERHEAD_GIB
    for name, site in topology.sites():
        if site.data_volume_gib < needed:
            yield Problem(
                fields=(f"{name}.data_volume_gib",),
                allowed=f"at least {needed}: database {database.storage_gib} + WAL "
                f"{database.wal_gib} + dump scratch {backups.dump_scratch_gib} + "
                f"{OVERHEAD_GIB} for images and logs",
            )
