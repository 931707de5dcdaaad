"""What a cluster may take that stands beside the live one on the same machine.

The live cluster requests most of a machine's memory (charts/machine_share.py): a second one with
the same request would wait for a machine for ever. This fits into what is kept for the dump.
"""

PARAMETERS = {
    "shared_buffers": "64MB",
    "effective_cache_size": "256MB",
    "maintenance_work_mem": "64MB",
    "work_mem": "4MB",
    "max_wal_size": "512MB",
}
"""What a replay needs to be as large as on the live cluster, such as max_connections, stays so."""
RESOURCES = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"memory": "512Mi"},
}
