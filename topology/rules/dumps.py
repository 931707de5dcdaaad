"""Whether the connections that `max_connections` leaves to everybody are enough for a dump."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.rules.settings_together import connections

if TYPE_CHECKING:
    from topology.topology import Topology

_BESIDE_THE_JOBS = 2
"""The session that keeps the moment (charts/dump/dump.sh), and pg_dump's own (its documentation,
`--jobs`). No dump is taken by a superuser."""


def connections_of_dumps(topology: "Topology") -> Iterator[Problem]:
    """A dump on a server without a free connection for each of its jobs fails every night."""
    needed = topology.backups.dump_jobs + _BESIDE_THE_JOBS
    for name, _ in topology.sites():
        found, kept = connections(topology, name)
        most = found or 0
        if most - kept < needed:
            yield Problem(
                fields=(f"{name}.parameters.max_connections", "backups.dump_jobs"),
                allowed=f"at least {needed + kept:g} connections: {needed} for a dump with "
                f"{topology.backups.dump_jobs} jobs beside the {kept:g} that are reserved for "
                f"others, not {most:g}",
            )
