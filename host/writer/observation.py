"""Looks at this site's cluster: the object, PostgreSQL behind it, and the record."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from host.errors import HostError
from host.kubernetes import backups, site_cluster
from host.kubernetes.cluster import BACKUPS, Cluster
from host.machine.lock import lock_in_time
from host.postgres.postgres_state import PostgresState
from host.postgres.psql import Psql
from host.site import Site
from host.writer.record import Record
from host.writer.record_store import RecordStore

_LOCKED_SECONDS = 20.0
"""`report` holds the lock between a promotion and its settlement, for a look and a patch."""
_ENDED = ("Failed", "Succeeded")
"""The phases of a pod whose containers run no more."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What was seen at one moment."""

    cluster: Cluster
    state: PostgresState | None
    """None while PostgreSQL does not answer, or was not asked."""
    record: Record
    leader_lost: bool = False
    """Whether the operator is paused and the leading pod is lost: PostgreSQL never answers then."""


class Observer:
    """Looks again and again during one change of role.

    A region whose record cannot be read is not asked twice: nothing waits for the dead. Whoever
    moves the writer writes the record first in the region that loses it, so the own copy is enough
    to hold a promotion back.
    """

    def __init__(
        self, site: Site, *, peer_is_silent: bool = False, asks_postgres: bool = True
    ) -> None:
        self._site = site
        self._asks_postgres = asks_postgres
        self._records = RecordStore(site.machine, site.document, peer_is_silent=peer_is_silent)

    def look(self) -> Observation:
        """Look at everything.

        Raises:
            Refused: where the site has no cluster.
        """
        cluster = site_cluster.require(self._site.kubectl, self._site.document)
        state, lost = look_behind(self._site, cluster) if self._asks_postgres else (None, False)
        record = self._records.newest(cluster)
        return Observation(cluster=cluster, state=state, record=record, leader_lost=lost)

    def look_again(self, seen: Observation) -> Observation:
        """The Cluster and the record as they are now, without asking PostgreSQL again."""
        cluster = site_cluster.require(self._site.kubectl, self._site.document)
        return replace(seen, cluster=cluster, record=self._records.newest(cluster))


def observe(site: Site) -> Observation:
    """Look once.

    Raises:
        Refused: where the site has no cluster.
    """
    return Observer(site).look()


def running_backup(site: Site) -> str | None:
    """The base backup of the site's cluster that is not over yet, with its phase."""
    for item in site.kubectl.list(BACKUPS, site.document.namespace):
        ours = item["spec"]["cluster"]["name"] == site.document.cluster
        if ours and not backups.is_over(item):
            return f"{item['metadata']['name']} ({backups.phase(item) or 'just made'})"
    return None


@contextmanager
def changing_the_writer(site: Site, *, within_seconds: float = _LOCKED_SECONDS) -> Iterator[None]:
    """Hold the lock of everything that changes who writes, apart from `apply`, which never does.

    Raises:
        Locked: when another run still holds it after this time.
    """
    clock = site.machine.clock
    with lock_in_time(site.machine.files, "writer", clock=clock, seconds=within_seconds):
        yield


def look_behind(site: Site, cluster: Cluster) -> tuple[PostgresState | None, bool]:
    """PostgreSQL behind the Cluster, and whether a pause keeps it away forever."""
    state = postgres_state(site, cluster)
    return state, state is None and cluster.paused and leader_is_lost(site, cluster)


def leader_is_lost(site: Site, cluster: Cluster) -> bool:
    """Whether the API says for certain that the leading pod is gone, has ended, or is on its way.

    Kubernetes never starts such a pod again, only its operator makes another.
    """
    if cluster.primary_pod is None:
        return False
    try:
        pod = site.kubectl.get("pods", cluster.primary_pod, "-n", site.document.namespace)
    except HostError as error:
        _log.info("the leading pod cannot be looked at: %s", error)
        return False
    if pod is None or pod["metadata"].get("deletionTimestamp"):
        return True
    return pod.get("status", {}).get("phase") in _ENDED


def postgres_state(site: Site, cluster: Cluster) -> PostgresState | None:
    """PostgreSQL behind the Cluster; None where it does not answer, or is kept stopped."""
    if cluster.primary_pod is None or cluster.stopped:
        return None
    try:
        # The database of the site may be missing while it is being cloned; this one never is.
        return PostgresState.read(Psql.at(site, cluster.primary_pod, database="postgres"))
    except HostError as error:
        _log.info("PostgreSQL does not answer: %s", error)
        return None
