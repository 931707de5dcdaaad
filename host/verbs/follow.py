"""`follow`: deletes this site's cluster and clones it again from the peer.

This is the one verb that deletes a database. What always holds:

* It runs only where the newest record names the other site as the writer, is not contested, and
  names exactly the server name that was asked for as this site's. `pgtwin failback` writes that
  down first.
* A cluster that archives under that server name already is the clone: it is never deleted, so that
  a repeat goes on where the last run stopped.
* Nothing else makes or deletes the site's objects meanwhile: it holds the lock of `apply` from
  before the first deletion until the clone is made. A claim is deleted by its UID, so that a new
  one of the same name is left alone, whoever made it.
* The archives stay, under their old server name too. The volumes stay as well: their class retains
  them. Where the clone has no room beside them, nothing is deleted.

The order: the schedule of base backups, the Cluster, its claims, and when all are gone `apply`,
which makes the replica that the record describes and waits for the writer's base backup.
"""

import argparse
import logging
from typing import Any

from host.apply.objects import PATIENCE_SECONDS
from host.bundle.site_document import SiteDocument
from host.deadlines import COPY_SECONDS, GONE_SECONDS
from host.errors import Refused
from host.kubernetes import cluster, site_cluster
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.site import Site
from host.verbs.apply import apply, its_turn
from host.verification.room import refuse_clone_without_room
from host.writer import observation
from host.writer.overlay import CONTESTED
from host.writer.record import Record
from host.writer.record_store import RecordStore

_CLAIMS = "persistentvolumeclaims"
_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Clone this site again under `--server-name`."""
    site = Site.current(machine)
    with observation.changing_the_writer(site):
        follow(site, arguments.server_name)
    return {"cluster": site.document.cluster, "server_name": arguments.server_name}


def follow(site: Site, server_name: str) -> None:
    """Delete the old cluster, make the new one, wait until it is a healthy replica.

    Raises:
        Refused: where the record does not ask for exactly this, or the volumes have no room for the
            clone; nothing was changed.
        TimedOut: when it takes too long; safe to repeat.
    """
    with its_turn(site.machine) as newest:
        document, kubectl = newest.document, newest.kubectl.patient(PATIENCE_SECONDS)
        live = site_cluster.find(kubectl, document)
        record = RecordStore(newest.machine, document).newest(live)
        why = objection(document, record, live, server_name)
        if why:
            raise Refused(why)
        if live is None or live.server_name != server_name:
            if live is not None:
                refuse_clone_without_room(newest, live)
            _delete(newest, kubectl)
            apply(newest)
    _await_replica(newest)


def objection(
    site: SiteDocument, record: Record, live: Cluster | None, server_name: str
) -> str | None:
    """Why this site's cluster must not be cloned again, or None: pure."""
    if record.contested:
        return CONTESTED
    if record.writer == site.site:
        return (
            f"the record names this site as the writer (epoch {record.epoch}): nothing was deleted"
        )
    if record.server_names[site.site] != server_name:
        return (
            f"the record has the server name {record.server_names[site.site]} for this site, not "
            f"{server_name}: nothing was deleted - run: pgtwin failback --site {site.site} --stay"
        )
    if live is not None and live.server_name == server_name and live.is_writer:
        return f"{live.name} writes to {server_name} itself: nothing was deleted"
    return None


def _delete(site: Site, kubectl: Kubectl) -> None:
    document = site.document
    for item in kubectl.list(cluster.SCHEDULED_BACKUPS, document.namespace):
        if item["spec"]["cluster"]["name"] == document.cluster:
            name = item["metadata"]["name"]
            kubectl.delete(cluster.SCHEDULED_BACKUPS, document.namespace, name)
    claims = _claims(kubectl, document)
    _log.warning("deleting the cluster %s, to clone it from the writer", document.cluster)
    kubectl.delete(cluster.KIND, document.namespace, document.cluster)
    clock = site.machine.clock
    wait_for(
        clock,
        f"the cluster {document.cluster} to be deleted",
        lambda: site_cluster.find(kubectl, document) is None,
        deadline_seconds=GONE_SECONDS,
        every_seconds=1,
    )
    for name, uid in claims.items():
        path = f"/api/v1/namespaces/{document.namespace}/persistentvolumeclaims/{name}"
        kubectl.delete_this(path, uid)
    wait_for(
        clock,
        "its claims to be deleted",
        lambda: not claims.items() & _claims(kubectl, document).items(),
        deadline_seconds=GONE_SECONDS,
        every_seconds=1,
    )


def _claims(kubectl: Kubectl, site: SiteDocument) -> dict[str, str]:
    """The UIDs of the claims of the cluster's name, by their own names."""
    selector = f"cnpg.io/cluster={site.cluster}"
    claims = kubectl.list(_CLAIMS, site.namespace, selector=selector)
    return {claim["metadata"]["name"]: claim["metadata"]["uid"] for claim in claims}


def _await_replica(site: Site) -> None:
    def following() -> bool:
        seen = observation.observe(site)
        return seen.cluster.healthy and seen.state is not None and seen.state.in_recovery

    wait_for(
        site.machine.clock,
        "the clone to follow the writer",
        following,
        deadline_seconds=COPY_SECONDS,
        every_seconds=2,
    )
