"""What must hold between the fields of a topology; one function a rule.

Each rule yields a problem for every breach, so that all problems of a file are shown at once.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.instance_types import FAMILIES, InstanceType
from topology.names import Names
from topology.problem import Problem
from topology.site import SITES, Site, SiteName

if TYPE_CHECKING:
    from topology.topology import Topology

KUBERNETES_CIDRS = ("10.42.0.0/16", "10.43.0.0/16")
"""k3s' default pod and service networks."""
OVERHEAD_GIB = 10
"""Container images, logs and etcd beside the database on the data volume."""
HOT_STANDBY_PARAMETERS = {
    "max_connections": 100,
    "max_worker_processes": 32,
    "max_wal_senders": 10,
    "max_prepared_transactions": 0,
    "max_locks_per_transaction": 64,
}
"""A standby refuses to start when one of these is lower than on the writer. PostgreSQL's defaults,
but for max_worker_processes, which CloudNativePG sets to 32."""
OWNED_PARAMETERS = (
    "archive_command",
    "archive_mode",
    "archive_timeout",
    "restore_command",
    "synchronous_standby_names",
)
_ACCOUNT = "0" * 12
_BUCKET = re.compile(r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")
_WIDEST_PREFIX, _NARROWEST_PREFIX = 16, 20
_BUCKET_LENGTH = 63


def problems(topology: "Topology") -> tuple[Problem, ...]:
    """Every breach of every rule, in the order of the file."""
    return tuple(problem for rule in _RULES for problem in rule(topology))


def _sites(topology: "Topology") -> Iterator[tuple[SiteName, Site]]:
    for name in SITES:
        yield name, topology.site(name)


def _bucket_names(topology: "Topology") -> Iterator[Problem]:
    names = Names(topology.name)
    suffix = len(names.log_bucket("", _ACCOUNT))
    for name, site in _sites(topology):
        longest = names.log_bucket(site.bucket, _ACCOUNT)
        reserved = site.bucket.startswith(("xn--", "sthree-", "amzn-s3-demo-"))
        if not _BUCKET.match(longest) or reserved:
            yield Problem(
                fields=(f"{name}.bucket",),
                allowed=f"3 to {_BUCKET_LENGTH - suffix} lower-case letters, digits and hyphens, "
                f"beginning with a letter or digit (S3 refuses {site.bucket!r} once the account id "
                "is added)",
            )


def _distinct(topology: "Topology") -> Iterator[Problem]:
    for field in ("region", "bucket", "cluster"):
        if getattr(topology.primary, field) == getattr(topology.dr, field):
            yield Problem(
                fields=(f"primary.{field}", f"dr.{field}"),
                allowed=f"two different values, not {getattr(topology.dr, field)!r} twice",
            )


def _zones(topology: "Topology") -> Iterator[Problem]:
    for name, site in _sites(topology):
        strangers = [zone for zone in site.zones if zone[:-1] != site.region]
        if strangers:
            yield Problem(
                fields=(f"{name}.zones",),
                allowed=f"zones of {site.region}, such as {site.region}a, not {strangers[0]}",
            )
        if len(set(site.zones)) < len(site.zones):
            yield Problem(fields=(f"{name}.zones",), allowed="each zone once")
        if site.nat_gateways > len(site.zones):
            yield Problem(
                fields=(f"{name}.nat_gateways",), allowed=f"1 to {len(site.zones)}, one a zone"
            )


def _networks(topology: "Topology") -> Iterator[Problem]:
    networks: dict[SiteName, ipaddress.IPv4Network] = {}
    for name, site in _sites(topology):
        network = _network(site.cidr)
        if network is None or not _WIDEST_PREFIX <= network.prefixlen <= _NARROWEST_PREFIX:
            yield Problem(
                fields=(f"{name}.cidr",),
                allowed=f"a network address with a prefix of /{_WIDEST_PREFIX} to "
                f"/{_NARROWEST_PREFIX}, such as 10.0.0.0/16, not {site.cidr}",
            )
            continue
        networks[name] = network
        for taken in KUBERNETES_CIDRS:
            if network.overlaps(ipaddress.IPv4Network(taken)):
                yield Problem(
                    fields=(f"{name}.cidr",),
                    allowed=f"a network outside {taken}, which k3s uses for pods or services, "
                    f"not {site.cidr}",
                )
    if len(networks) == len(SITES) and networks["primary"].overlaps(networks["dr"]):
        yield Problem(
            fields=("primary.cidr", "dr.cidr"),
            allowed=f"two networks that do not overlap, not {topology.primary.cidr} and "
            f"{topology.dr.cidr}",
        )


def _client_networks(topology: "Topology") -> Iterator[Problem]:
    for name, site in _sites(topology):
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


def _machines(topology: "Topology") -> Iterator[Problem]:
    for name, site in _sites(topology):
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


def _instance_types(topology: "Topology") -> Iterator[Problem]:
    for name, site in _sites(topology):
        machine = InstanceType.named(site.instance_type)
        if machine is None:
            families = ", ".join(sorted(FAMILIES))
            yield Problem(
                fields=(f"{name}.instance_type",),
                allowed=f"a type with at least 2 GiB of one of the families {families}, "
                f"not {site.instance_type}",
            )
        elif machine.architecture != site.architecture:
            yield Problem(
                fields=(f"{name}.instance_type", f"{name}.architecture"),
                allowed=f"{site.instance_type} is {machine.architecture}, "
                f"the architecture says {site.architecture}",
            )


def _volumes(topology: "Topology") -> Iterator[Problem]:
    database, backups = topology.database, topology.backups
    needed = database.storage_gib + database.wal_gib + backups.dump_scratch_gib + OVERHEAD_GIB
    for name, site in _sites(topology):
        if site.data_volume_gib < needed:
            yield Problem(
                fields=(f"{name}.data_volume_gib",),
                allowed=f"at least {needed}: database {database.storage_gib} + WAL "
                f"{database.wal_gib} + dump scratch {backups.dump_scratch_gib} + "
                f"{OVERHEAD_GIB} for images and logs",
            )


def _hot_standby(topology: "Topology") -> Iterator[Problem]:
    for parameter, default in HOT_STANDBY_PARAMETERS.items():
        values: dict[SiteName, int] = {}
        for name, _ in _sites(topology):
            text = topology.parameters(name).get(parameter, str(default))
            if not text.isdecimal():
                yield Problem(
                    fields=(f"{name}.parameters.{parameter}",),
                    allowed=f"a whole number in quotes, not {text!r}",
                )
                return
            values[name] = int(text)
        if values["dr"] < values["primary"]:
            yield Problem(
                fields=(f"dr.parameters.{parameter}",),
                allowed=f"at least {values['primary']}, the primary's value: a standby refuses to "
                f"start with less, not {values['dr']}",
            )


def _synchronous(topology: "Topology") -> Iterator[Problem]:
    for field in (
        "synchronous_standby_names",
        "archive_mode",
        "archive_command",
        "archive_timeout",
    ):
        for name, _ in _sites(topology):
            if field in topology.parameters(name):
                yield Problem(
                    fields=("database.parameters", f"{name}.parameters"),
                    allowed=f"anything but {field}, which pgtwin or CloudNativePG sets itself",
                )
                break


def _versions(topology: "Topology") -> Iterator[Problem]:
    reason = topology.versions.known_bad()
    if reason:
        yield Problem(
            fields=("versions.plugin_barman_cloud",),
            allowed=f"v0.14.0, or later than v0.15.0, not "
            f"{topology.versions.plugin_barman_cloud}: {reason}",
        )


_RULES = (
    _bucket_names,
    _distinct,
    _zones,
    _networks,
    _client_networks,
    _machines,
    _instance_types,
    _volumes,
    _hot_standby,
    _synchronous,
    _versions,
)
