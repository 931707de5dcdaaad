"""What a cluster may take that stands beside the live one on the same machine.

The live cluster requests most of a machine's memory (topology/machine_share.py): a second one with
the same request would wait for a machine forever. This requests what is kept for the dump, and
grows only by what the live one's own settings make PostgreSQL take before anything is asked of it.
"""

from collections.abc import Mapping

from host.kubernetes.kubectl import Object

_PARAMETERS = {
    "shared_buffers": "64MB",
    "effective_cache_size": "256MB",
    "maintenance_work_mem": "64MB",
    "autovacuum_work_mem": "-1",
    "work_mem": "4MB",
    "huge_pages": "off",
    "max_wal_size": "512MB",
    "min_wal_size": "80MB",
    "wal_buffers": "-1",
    "max_logical_replication_workers": "0",
}
"""What a replay needs to be as large as on the live cluster, such as max_connections, stays so. A
copy must not subscribe: it would take the changes that are meant for the original, through the same
slot. The operator refuses a min_wal_size over the max_wal_size (cloudnative-pg v1.30.0
internal/webhook/v1/cluster_webhook.go, validateWalSizeConfiguration)."""
_AS_BY_DEFAULT = {
    *("autovacuum_max_workers", "autovacuum_worker_slots", "commit_timestamp_buffers"),
    *("io_max_concurrency", "max_pred_locks_per_transaction", "min_dynamic_shared_memory"),
    *("multixact_member_buffers", "multixact_offset_buffers", "notify_buffers"),
    *("serializable_buffers", "subtransaction_buffers", "track_activity_query_size"),
    "transaction_buffers",
}
"""Memory that no replay needs, by settings of which an older PostgreSQL does not know each."""
_WIDEST_ROW_MIB = 256
"""As topology/machine_share.py has it. A server that restores a dump takes it four times."""
_LIMIT_MIB, _REQUEST_MIB = 512 + 4 * _WIDEST_ROW_MIB, 256
_LOCK_BYTES, _CONNECTION_BYTES = 400, 32 * 1024
"""Of shared memory, per lock and per connection: over what PostgreSQL 18 itself computes
(`postgres -C shared_memory_size`, held by a test)."""
_DEFAULTS = {
    "max_connections": 200,
    "max_prepared_transactions": 0,
    "max_worker_processes": 32,
    "max_wal_senders": 10,
    "max_locks_per_transaction": 64,
}
"""What the limit above has room for."""


def parameters(live: Mapping[str, str]) -> dict[str, str]:
    """The settings of the copy of a cluster with the settings `live`."""
    kept = {name: value for name, value in live.items() if name not in _AS_BY_DEFAULT}
    return {**kept, **_PARAMETERS}


def resources(live: Mapping[str, str]) -> Object:
    """The copy's requests and limits."""
    more = max(0, _shared_mib(live) - _shared_mib({}))
    return {
        "requests": {"cpu": "100m", "memory": f"{_REQUEST_MIB + more}Mi"},
        "limits": {"memory": f"{_LIMIT_MIB + more}Mi"},
    }


def _shared_mib(live: Mapping[str, str]) -> int:
    """What connections and locks take; a value that is no number counts as its default."""
    value = {
        name: int(text) if (text := live.get(name, "")).isdecimal() else default
        for name, default in _DEFAULTS.items()
    }
    locks = value.pop("max_locks_per_transaction")
    sessions = sum(value.values())
    return sessions * (_CONNECTION_BYTES + locks * _LOCK_BYTES) // 1024**2
