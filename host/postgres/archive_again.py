"""Lets PostgreSQL archive segments that it holds and takes for archived.

A standby that runs with `archive_mode` `on` marks every segment that it has received as `.done`,
since the instance that leads archives it (walreceiver.c). PostgreSQL archives what is marked as
`.ready`, also where it is there already: barman-cloud-wal-archive writes over it.
"""

from collections.abc import Collection

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.postgres.control_data import PGDATA

_SCRIPT = """
cd "$1/pg_wal"
shift
for segment in "$@"; do
  if [ ! -e "$segment" ]; then
    echo "$segment"
  elif [ -e "archive_status/$segment.done" ]; then
    mv "archive_status/$segment.done" "archive_status/$segment.ready"
  fi
done
"""


def archive_again(
    kubectl: Kubectl, *, namespace: str, pod: str, segments: Collection[str]
) -> tuple[str, ...]:
    """Mark those segments that the instance holds as not archived yet; those that it does not hold.

    A checkpoint may remove one meanwhile; PostgreSQL then removes its mark too (pgarch.c).

    Raises:
        Failed: where the pod does not do it.
    """
    where = ("exec", "-n", namespace, pod, "-c", "postgres", "--")
    script = ("sh", "-ec", _SCRIPT, "sh", PGDATA, *segments)
    result = kubectl.run(*where, *script, timeout_seconds=15)
    if result.exit_code != 0:
        raise Failed(f"the WAL of {pod} cannot be archived again: {result.stderr.strip()}")
    return tuple(result.stdout.split())
