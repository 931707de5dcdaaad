"""pg_amcheck in a database pod: every heap page, every B-tree against its heap.

It reads every page, so the page checksums are judged too. The flags are those that need a lock on
the whole table; in a throw-away cluster nobody waits for it.
"""

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl

_CORRUPT = 2
"""pg_amcheck's exit code for corruption; any other but 0 means that it could not look."""
_SECONDS = 4 * 3600.0
_SHOWN = 500
_FLAGS = (
    "--install-missing",
    "--heapallindexed",
    "--parent-check",
    "--checkunique",
    "--no-password",
    "--jobs=2",
)


def amcheck(kubectl: Kubectl, *, namespace: str, pod: str, database: str) -> str:
    """Check one database; says what was checked.

    Raises:
        Failed: with the first corruption, or the reason why it could not look.
    """
    where = ("exec", "-n", namespace, pod, "-c", "postgres", "--")
    command = ("pg_amcheck", *_FLAGS, f"--database={database}")
    result = kubectl.run(*where, *command, timeout_seconds=_SECONDS)
    said = (result.stdout.strip() or result.stderr.strip())[:_SHOWN]
    if result.exit_code == _CORRUPT:
        raise Failed(f"the restored database is corrupt: {said}")
    if result.exit_code != 0:
        raise Failed(f"pg_amcheck could not look (exit code {result.exit_code}): {said}")
    return "every table and every B-tree, with " + " ".join(_FLAGS[1:4])
