"""Whether the data volumes have room for a copy of the database beside the live one.

A volume that a copy fills stops the live database, and on a server the datastore of Kubernetes.
"""

from host.errors import Failed, Refused
from host.evidence.status_reader import StatusReader
from host.kubernetes.cluster import Cluster
from host.postgres.psql import Psql
from host.site import Site

COPIES = 3
"""Of a verification: the restored archive, the restored dump, and the dump's own files."""
WAL_BYTES = 4 * 1024**3
KEPT_FREE = 0.1
"""Of a volume. A full one would stop the live database."""
_SIZE = "select to_json(sum(pg_database_size(oid))) from pg_database where datallowconn;"
_GIB = 1024**3


def refuse_without_room(
    site: Site, live: Cluster, *, what: str = "a verification", copies: int = COPIES
) -> None:
    """Look at the volume under every instance: which one the scheduler takes is not known.

    Raises:
        Refused: where one is too small.
        Failed: where that cannot be known.
    """
    if live.primary_pod is None:
        raise Refused(f"{live.name} does not run - run: pgtwin status")
    maintenance = Psql.at(site, live.primary_pod, database="postgres")
    size = int(maintenance.query(_SIZE, read_only=True))
    document = StatusReader(site).read()
    if not document.volumes:
        why = document.errors.get("volumes", "there is no instance")
        raise Failed(f"the room on the data volumes is not known: {why}")
    needed = copies * size + WAL_BYTES
    for volume in document.volumes:
        free = volume.size_bytes * (1 - KEPT_FREE) - volume.used_bytes
        if needed > free:
            raise Refused(
                f"{what} needs {needed / _GIB:.1f} GiB, and the volume under {volume.pod} "
                f"has {max(0.0, free) / _GIB:.1f} to spare; nothing was changed - enlarge it, "
                "read: docs/runbooks/data-volume-used.md"
            )
