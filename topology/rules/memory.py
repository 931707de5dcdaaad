"""Settings for which the machine of a site has too little memory.

A pod that takes more than its limit is killed, and killed again at each start.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from topology import postgres_settings
from topology.instance_types import InstanceType
from topology.machine_share import SMALLEST_MIB, MachineShare
from topology.refused import Problem
from topology.rules.parameters import mib
from topology.rules.postgres import HOT_STANDBY_PARAMETERS

if TYPE_CHECKING:
    from topology.site import Site
    from topology.topology import Topology

_OF_SESSIONS = ("max_connections", "max_worker_processes", "max_wal_senders")
_SESSIONS = {
    **{name: HOT_STANDBY_PARAMETERS[name] for name in _OF_SESSIONS},
    "autovacuum_max_workers": 3,
    "autovacuum_worker_slots": 0,
}
_PREPARED = "max_prepared_transactions"
_ACTIVITY = {"track_activity_query_size": 1024}
"""Bytes of every session."""
_LOCKS = {"max_locks_per_transaction": 176, "max_pred_locks_per_transaction": 216}
_LOCKS_BY_DEFAULT = 64
_SESSION_BYTES = 5 * 1024
_WAL_BUFFERS, _PAGE_BYTES = "wal_buffers", 8192
_STATEMENTS, _STATEMENT_BYTES = "pg_stat_statements.max", 400
_OF_EXTENSIONS = {_STATEMENTS: postgres_settings.Setting(type="integer", min=100, max=2**30 - 1)}
"""pg_stat_statements.c, _PG_init. The operator loads it where a setting of it is there."""
AT_START = (*_SESSIONS, _PREPARED, *_ACTIVITY, *_LOCKS, _WAL_BUFFERS, _STATEMENTS)
"""What PostgreSQL writes to before it takes a connection: the WAL's buffers whole (xlog.c,
XLOGShmemInit), half of each table of locks (lock.c and predicate.c), its sessions, and all of
pg_stat_statements' table. The bytes are under what servers of 16 and 18 were seen to take, which a
test holds. The pages of shared_buffers and of the transaction log are taken as they fill, so that
they are not counted."""


def shared_buffers(topology: "Topology") -> Iterator[Problem]:
    """The operator's webhook takes no more than the pod's memory (cloudnative-pg v1.30.0
    internal/webhook/v1/cluster_webhook.go, validateResources).
    """
    for name, site in topology.sites():
        wanted, share = mib(topology.parameters(name).get("shared_buffers", "")), _share_mib(site)
        if wanted is not None and share is not None and wanted > share:
            yield Problem(
                fields=(f"{name}.parameters.shared_buffers", f"{name}.instance_type"),
                allowed=f"at most {share}MB, what {site.instance_type} leaves to PostgreSQL, not "
                f"{wanted:g}MB",
            )


def memory_at_start(topology: "Topology") -> Iterator[Problem]:
    for name, site in topology.sites():
        given, share = topology.parameters(name), _share_mib(site)
        taken = taken_at_start(topology.database.postgres, given) // 1024**2
        if share is not None and taken > share:
            named = [f"{name}.parameters.{each}" for each in AT_START if each in given]
            yield Problem(
                fields=(*named, f"{name}.instance_type"),
                allowed=f"what takes at most {share}MB of memory at the start, as much as "
                f"{site.instance_type} leaves to PostgreSQL, not {taken}MB",
            )


def taken_at_start(major: int, parameters: Mapping[str, str]) -> int:
    """At least so many bytes; a value that PostgreSQL refuses counts as its default."""
    known = {**postgres_settings.settings(major), **_OF_EXTENSIONS}

    def value(name: str, default: int) -> int:
        setting = known.get(name)
        text = parameters.get(name, "")
        number = setting.number(text) if setting and setting.takes(text) else None
        return default if number is None else max(0, int(number))

    sessions = sum(value(name, default) for name, default in _SESSIONS.items())
    activity = sum(value(name, default) for name, default in _ACTIVITY.items())
    locks = sum(value(name, _LOCKS_BY_DEFAULT) * each for name, each in _LOCKS.items())
    return (
        sessions * (_SESSION_BYTES + activity)
        + (sessions + value(_PREPARED, 0)) * locks
        + value(_WAL_BUFFERS, 0) * _PAGE_BYTES
        + value(_STATEMENTS, 0) * _STATEMENT_BYTES
    )


def _share_mib(site: "Site") -> int | None:
    """None where the rules of machines refuse the type itself."""
    machine = InstanceType.named(site.instance_type)
    if machine is None:
        return None
    share = MachineShare.of(machine, runs_server=site.agents == 0).memory_mib
    return share if share >= SMALLEST_MIB else None
