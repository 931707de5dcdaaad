"""Time-outs of every session, which are CloudNativePG's and barman's too: neither sets its own.

The operator's sessions are those of cloudnative-pg v1.30.0 pkg/management/postgres/pool; barman's
those of barman 3.19.1 postgres.py, which sets idle_session_timeout alone. A role's own setting wins
over the server's, so that an application has its time-out all the same.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.rules.parameters import number

if TYPE_CHECKING:
    from topology.topology import Topology

_OF_A_STATEMENT = ("statement_timeout", "transaction_timeout")
_DATABASE_SECONDS = 10
"""For CREATE DATABASE, with which a Cluster begins (pkg/management/postgres/initdb.go, Bootstrap:
after the settings were written)."""
_BACKUP_SECONDS = 600
"""For a checkpoint, and for pg_backup_stop, which waits for its WAL to be archived: on a replica
until the writer has filled the segment (PostgreSQL's xlog.c, do_pg_backup_stop)."""


def time_outs(topology: "Topology") -> Iterator[Problem]:
    """Time-outs with which CloudNativePG can begin no Cluster."""
    why = "CloudNativePG makes the database in such a session"
    yield from _shorter(topology, _DATABASE_SECONDS, why)


def time_outs_of_backups(topology: "Topology") -> Iterator[Problem]:
    """Time-outs that end base backups, once one takes longer; `make synth` alone asks this."""
    why = "a base backup waits in such a session for its checkpoint and for the archive"
    yield from _shorter(topology, _BACKUP_SECONDS, why)


def _shorter(topology: "Topology", seconds: int, why: str) -> Iterator[Problem]:
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        for parameter in _OF_A_STATEMENT:
            found = number(topology, parameter, parameters.get(parameter, "0")) or 0
            if 0 < found < seconds * 1000:
                yield Problem(
                    fields=(f"{name}.parameters.{parameter}",),
                    allowed=f"0, or at least {seconds}s: {why}, not {parameters[parameter]}, which "
                    f"is {found:g}ms (an application's own: ALTER ROLE "
                    f"{topology.database.owner} SET {parameter})",
                )
