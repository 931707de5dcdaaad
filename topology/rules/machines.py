"""Machines: enough of them, of the right kind, with room for what they hold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.given import given
from topology.instance_types import FAMILIES, InstanceType
from topology.machine_share import SMALLEST_MIB, MachineShare
from topology.refused import Problem
from topology.regions import REGIONS

if TYPE_CHECKING:
    from topology.site import Site, SiteName
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
                allowed=f"1 to {site.database_nodes}, one per database node, not {site.instances}",
            )


def remade(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        nodes = topology.nodes(name)
        for node in site.machines:
            if node not in nodes:
                yield Problem(
                    fields=(f"{name}.machines.{node}",), allowed=f"one of {', '.join(nodes)}"
                )


def instance_types(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        for field, type_ in _types(name, site):
            yield from _unfit(name, site, field, type_)


def _unfit(name: "SiteName", site: "Site", field: str, type_: str) -> Iterator[Problem]:
    machine, smallest = InstanceType.named(type_), InstanceType.named(site.instance_type)
    if machine is None:
        yield Problem(
            fields=(field,),
            allowed=f"a known type with at least 2 GiB, up to 24xlarge, of one of the families "
            f"{', '.join(sorted(FAMILIES))}, not {given(type_)}",
        )
    elif machine.architecture != site.architecture:
        yield Problem(
            fields=(field, f"{name}.architecture"),
            allowed=f"{type_} is {machine.architecture}, the architecture says {site.architecture}",
        )
    elif smallest and machine.memory_gib < smallest.memory_gib:
        yield Problem(
            fields=(field,),
            allowed=f"at least the {smallest.memory_gib} GiB of {site.instance_type}, by which "
            f"the database is sized, not {machine.memory_gib}",
        )


def room(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        machine = InstanceType.named(site.instance_type)
        if machine is None:
            continue
        left = MachineShare.of(machine, runs_server=site.agents == 0).memory_mib
        if left < SMALLEST_MIB:
            yield Problem(
                fields=(f"{name}.instance_type", f"{name}.agents"),
                allowed=f"a type that leaves PostgreSQL {SMALLEST_MIB} MiB beside k3s, backups and "
                f"dumps; {site.instance_type} leaves {max(0, left)}",
            )


def offered(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        for field, type_ in _types(name, site):
            zones = REGIONS[site.region].offers(type_.partition(".")[0])
            if InstanceType.named(type_) and len(site.zones) > zones:
                yield Problem(
                    fields=(field, f"{name}.zones"),
                    allowed=f"a type that {site.region} offers in {len(site.zones)} zones; "
                    f"{type_} is in {zones or 'none'} of them (topology/regions.txt)",
                )


def _types(name: "SiteName", site: "Site") -> Iterator[tuple[str, str]]:
    """Every field that names an instance type, and what it names."""
    yield f"{name}.instance_type", site.instance_type
    for node, remade in site.machines.items():
        if remade.instance_type:
            yield f"{name}.machines.{node}.instance_type", remade.instance_type


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
