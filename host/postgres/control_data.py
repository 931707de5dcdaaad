"""What `pg_controldata` says about an instance, whether its PostgreSQL runs or not."""

import re

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl

PGDATA = "/var/lib/postgresql/data/pgdata"
COMMAND = ("sh", "-ec", f"ls {PGDATA}/pg_wal/archive_status; pg_controldata --pgdata={PGDATA}")
"""The status files of its segments, then the control file. `pg_wal` is a link to its own volume,
so that no path leads back through it."""
REPLAY_NEEDS = {
    "max_connections": "max_connections setting",
    "max_worker_processes": "max_worker_processes setting",
    "max_wal_senders": "max_wal_senders setting",
    "max_prepared_transactions": "max_prepared_xacts setting",
    "max_locks_per_transaction": "max_locks_per_xact setting",
}
"""Settings that a replica needs at least as high as its writer. As soon as it has read in the WAL
that the writer's is higher it notes that value in its control file and pauses its recovery
(recording 16)."""


def read(kubectl: Kubectl, *, namespace: str, pod: str) -> str:
    """Run `COMMAND` in a database pod.

    Raises:
        Failed: when it cannot be known.
    """
    where = ("exec", "-n", namespace, pod, "-c", "postgres", "--")
    result = kubectl.run(*where, *COMMAND, timeout_seconds=15)
    if result.exit_code != 0:
        raise Failed(f"the control file of {pod} cannot be read: {result.stderr.strip()}")
    return result.stdout


def value(text: str, label: str) -> str | None:
    """One line of the control file; None where it is not there."""
    found = re.search(rf"^{re.escape(label)}:\s+(\S+)$", text, re.MULTILINE)
    return found[1] if found else None


def why_paused(text: str, here: dict[str, str]) -> str:
    """Why the recovery of a replica with the settings `here` is paused."""
    wanted = {name: value(text, label) for name, label in REPLAY_NEEDS.items()}
    low = [
        f"{name} is {here[name]} here and {needed} on the writer"
        for name, needed in wanted.items()
        if needed is not None and name in here and _less(here[name], needed)
    ]
    return f"recovery is paused: {', '.join(low) or 'by hand'}"


def _less(here: str, needed: str) -> bool:
    """Whether both are whole numbers and the first is the lower."""
    numbers = [int(text) for text in (here, needed) if re.fullmatch(r"[0-9]{1,10}", text)]
    return len(numbers) == len((here, needed)) and numbers[0] < numbers[1]
