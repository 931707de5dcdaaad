"""PostgreSQL settings that both sites can run with, and versions that are safe."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.given import given
from topology.refused import Problem
from topology.site import SiteName

if TYPE_CHECKING:
    from topology.topology import Topology

HOT_STANDBY_PARAMETERS = {
    "max_connections": 100,
    "max_worker_processes": 32,
    "max_wal_senders": 10,
    "max_prepared_transactions": 0,
    "max_locks_per_transaction": 64,
}
"""A standby refuses to start when one of these is lower than on the writer. PostgreSQL's defaults,
but for max_worker_processes, which CloudNativePG sets to 32."""
WHOLE_NUMBER = re.compile(r"0|[1-9]\d{0,5}", re.ASCII)
"""As PostgreSQL and we read it alike: to PostgreSQL 0300 is octal, and 192."""
FEWEST_CONNECTIONS = 20
"""CloudNativePG, its metrics, replication and the dump need about ten of them."""


def in_effect(topology: "Topology", site: SiteName, parameter: str) -> str:
    """The value of one of them on a site, as configured or by default."""
    return topology.parameters(site).get(parameter, str(HOT_STANDBY_PARAMETERS[parameter]))


def hot_standby(topology: "Topology") -> Iterator[Problem]:
    writer, follower = topology.writer, topology.other(topology.writer)
    for parameter, values in _of_both(topology):
        if values[follower] < values[writer]:
            yield Problem(
                fields=(f"{follower}.parameters.{parameter}",),
                allowed=f"at least {values[writer]}, the value of the writer {writer}: a standby "
                f"refuses to start with less, not {values[follower]}",
            )


def either_way(topology: "Topology") -> Iterator[Problem]:
    """A higher value on the site that follows does no harm until that site takes over: then the
    other one refuses to start as its standby.
    """
    writer, follower = topology.writer, topology.other(topology.writer)
    for parameter, values in _of_both(topology):
        if values[follower] > values[writer]:
            yield Problem(
                fields=(f"{writer}.parameters.{parameter}", f"{follower}.parameters.{parameter}"),
                allowed="the same on both sites: either may become the standby, which refuses to "
                f"start with less than the writer has, not {values[writer]} and {values[follower]}",
            )


def _of_both(topology: "Topology") -> Iterator[tuple[str, dict[SiteName, int]]]:
    """Each parameter with its value on both sites, where both are numbers."""
    for parameter in HOT_STANDBY_PARAMETERS:
        texts = {name: in_effect(topology, name, parameter) for name, _ in topology.sites()}
        if all(WHOLE_NUMBER.fullmatch(text) for text in texts.values()):
            yield parameter, {name: int(text) for name, text in texts.items()}


def connections(topology: "Topology") -> Iterator[Problem]:
    """The writer alone is judged: `hot_standby` sees to it that the other site has no fewer."""
    site = topology.writer
    own = "max_connections" in topology.site(site).parameters
    text = in_effect(topology, site, "max_connections")
    if WHOLE_NUMBER.fullmatch(text) and int(text) < FEWEST_CONNECTIONS:
        yield Problem(
            fields=(f"{site if own else 'database'}.parameters.max_connections",),
            allowed=f"at least {FEWEST_CONNECTIONS} in quotes, not {given(text)}",
        )


def versions(topology: "Topology") -> Iterator[Problem]:
    reason = topology.versions.known_bad()
    if reason:
        yield Problem(
            fields=("versions.plugin_barman_cloud", "versions.chart_plugin_barman_cloud"),
            allowed=f"v0.14.0 with chart 0.7.1, or later than v0.15.0 with its own chart: {reason}",
        )
