"""Whether the data volumes have room for a copy of the database beside what is there.

A volume that a copy fills stops the live database, and on a server the datastore of Kubernetes.
"""

import logging
from collections.abc import Iterable

from host.errors import Failed, HostError, Refused
from host.evidence.status_document import VolumeStatus
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
_PGDATA = "/var/lib/postgresql/data/pgdata"
_COUNT_SECONDS = 300.0
_log = logging.getLogger(__name__)


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
    _refuse(document.volumes, copies * size + WAL_BYTES, what=what, safe="nothing was changed")


def refuse_clone_without_room(site: Site, live: Cluster) -> None:
    """Look before `live` is deleted: its files stay, and the clone is made beside them.

    What is counted are the files, as PostgreSQL may be stopped. Where they cannot be, the clone is
    made: it may be all that brings the site back.

    Raises:
        Refused: where a volume is too small.
    """
    volumes = StatusReader(site).read().volumes or ()
    try:
        size = max((_files(site, volume.pod) for volume in volumes), default=0)
    except (HostError, ValueError) as unknown:
        _log.warning("whether there is room for the clone is not known: %s", unknown)
        return
    what = f"the clone beside the kept files of {live.name}"
    _refuse(volumes, size + WAL_BYTES, what=what, safe="nothing was deleted")


def _files(site: Site, pod: str) -> int:
    where = ("-n", site.document.namespace, pod, "-c", "postgres", "--")
    du = ("du", "--summarize", "--block-size=1", _PGDATA)
    told = site.kubectl.done("exec", *where, *du, timeout_seconds=_COUNT_SECONDS)
    return int(told.split()[0])


def _refuse(volumes: Iterable[VolumeStatus], needed: int, *, what: str, safe: str) -> None:
    for volume in volumes:
        free = volume.size_bytes * (1 - KEPT_FREE) - volume.used_bytes
        if needed > free:
            raise Refused(
                f"{what} needs {needed / _GIB:.1f} GiB, and the volume under {volume.pod} "
                f"has {max(0.0, free) / _GIB:.1f} to spare; {safe} - enlarge it, "
                "read: docs/runbooks/data-volume-used.md"
            )
