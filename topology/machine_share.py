"""How much of its machine a database instance gets, and the settings that follow from it."""

import math
from dataclasses import dataclass

from topology.instance_types import InstanceType

SIDECAR_MIB = 512
"""Limit of the backup sidecar: a base backup with two jobs and four WAL uploads."""
DUMP_MIB = 512
"""Kept for the dump job, which runs on the same machines once a day."""
WIDEST_ROW_MIB = 256
"""What a dump and its verification have memory for."""
DUMP_LIMIT_MIB = DUMP_MIB // 2 + 2 * WIDEST_ROW_MIB
"""Of the dump job. pg_dump takes a row twice (`tests/host/decisions/test_host_wide_rows.py`).
Only a database with such rows takes more than what is kept; where the machine has no more, the
kernel ends the job, which requests little, and not the database."""
AGENT_MIB = 1024
"""Ubuntu and the k3s agent, whose documented floor is 512 MiB, with room for the page cache."""
SERVER_MIB = 2304
"""Ubuntu and a k3s server with etcd, whose documented floor is 2 GiB, and the operators."""
USABLE = 0.95
"""What Linux sees of the memory that EC2 sells, roughly: kernel and firmware keep the rest."""
SMALLEST_MIB = 512
"""Less is not worth starting; the rule `room` refuses it (topology/rules/machines.py)."""

OPERATORS_WAL_KEEP_MIB = 512
"""CloudNativePG's default of wal_keep_size (v1.30.0 pkg/postgres/configuration.go)."""


@dataclass(frozen=True, kw_only=True)
class MachineShare:
    """What one instance may use. Memory is requested and limited alike: it is never taken away."""

    memory_mib: int
    cpu_millis: int

    @classmethod
    def of(cls, machine: InstanceType, *, runs_server: bool) -> "MachineShare":
        """The share left by everything else on the machine; half of the CPU is guaranteed."""
        taken = (SERVER_MIB if runs_server else AGENT_MIB) + SIDECAR_MIB + DUMP_MIB
        left = int(machine.memory_gib * 1024 * USABLE) - taken
        return cls(memory_mib=left, cpu_millis=machine.vcpus * 500)

    def parameters(
        self, *, max_connections: int, wal_gib: int, max_wal_mib: float | None = None
    ) -> dict[str, str]:
        """PostgreSQL's settings for this share and a pg_wal volume of `wal_gib`.

        Ratios as in PostgreSQL's documentation, "Resource Consumption": a quarter of the memory for
        shared buffers, and the page cache counted into what the planner may hope for. A third of
        the rest is shared out as work_mem over every connection at once. Checkpoints and the slots
        of a lost standby may each hold 40 % of pg_wal, so that neither fills it; where checkpoints
        are configured to hold more, what is kept for others is less.
        """
        shared_buffers = self.memory_mib // 4
        work_mem_kib = (self.memory_mib - shared_buffers) * 1024 // (3 * max(1, max_connections))
        wal_share_mib = wal_gib * 1024 * 2 // 5
        left_mib = wal_gib * 1024 - math.ceil(max_wal_mib or wal_share_mib)
        kept_mib = max(0, min(wal_share_mib, left_mib - 1))
        return {
            "shared_buffers": f"{shared_buffers}MB",
            "effective_cache_size": f"{self.memory_mib * 3 // 4}MB",
            "maintenance_work_mem": f"{min(1024, max(64, self.memory_mib // 16))}MB",
            "work_mem": f"{max(1024, work_mem_kib)}kB",
            "max_wal_size": f"{wal_share_mib}MB",
            "max_slot_wal_keep_size": f"{kept_mib}MB",
            **({"wal_keep_size": f"{kept_mib}MB"} if kept_mib < OPERATORS_WAL_KEEP_MIB else {}),
        }
