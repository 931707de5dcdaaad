"""Looks at this site's cluster: the object, PostgreSQL behind it, and the record."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from host.bundle.site import Site
from host.errors import HostError
from host.kubernetes import site_cluster
from host.kubernetes.cluster import BACKUPS, Cluster
from host.machine.lock import lock
from host.postgres.postgres_state import PostgresState
from host.postgres.psql import Psql
from host.writer.record import Record
from host.writer.record_store import RecordStore

_OVER = ("completed", "failed")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What was seen at one moment."""

    cluster: Cluster
    state: PostgresState | None
    """None while PostgreSQL does not answer."""
    record: Record


def observe(site: Site) -> Observation:
    """Look.

    Raises:
        Refused: where the site has no cluster.
    """
    cluster = site_cluster.require(site.kubectl, site.document)
    record = RecordStore(site.machine, site.document).newest(cluster)
    return Observation(cluster=cluster, state=_state(site, cluster), record=record)


def psql(site: Site, pod: str, *, database: str = "") -> Psql:
    """SQL in one pod, in the site's own database where none is named."""
    return Psql(
        site.kubectl,
        namespace=site.document.namespace,
        pod=pod,
        database=database or site.document.database.name,
    )


def backup_running(site: Site) -> bool:
    """Whether a base backup of the site's cluster is under way."""
    backups = site.kubectl.list(BACKUPS, site.document.namespace)
    return any(
        item.get("status", {}).get("phase") not in _OVER
        for item in backups
        if item["spec"]["cluster"]["name"] == site.document.cluster
    )


@contextmanager
def changing_the_writer(site: Site) -> Iterator[None]:
    """Hold the lock of everything that changes who writes, apart from `apply`, which never does."""
    with lock(site.machine.files, "writer"):
        yield


def _state(site: Site, cluster: Cluster) -> PostgresState | None:
    if cluster.primary_pod is None or cluster.fenced:
        return None
    try:
        # The database of the site may be missing while it is being cloned; this one never is.
        return PostgresState.read(psql(site, cluster.primary_pod, database="postgres"))
    except HostError as error:
        _log.info("PostgreSQL does not answer: %s", error)
        return None
