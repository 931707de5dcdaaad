"""`report`: once a minute, the heartbeat on the writer's site and the status as metrics.

A former writer that came back is kept from clients and fenced here too, in case the unit that
watches the record (`admit`) does not run, and a promotion that nobody settled is settled as far as
it must be.
"""

import argparse
import logging
from concurrent.futures import wait
from functools import partial
from typing import Any

from host.archive import hole
from host.errors import Failed, HostError, Locked, TimedOut
from host.evidence import last_stream
from host.evidence.metrics import metrics, namespace
from host.evidence.status_document import StatusDocument
from host.evidence.status_reader import StatusReader
from host.explain import explain
from host.gate import gate
from host.gate.verdict import Sightings, writes_by_the_peer
from host.kubernetes import site_cluster
from host.kubernetes.cluster import Cluster
from host.machine.beside import beside
from host.machine.machine import Machine
from host.postgres import heartbeat
from host.postgres.heartbeat import PERIOD_SECONDS
from host.postgres.psql import Psql
from host.postgres.standbys import renew_lost_slots
from host.site import Site
from host.verbs.settle import close
from host.writer import observation
from host.writer.end_of_pause import is_open
from host.writer.record import Record
from host.writer.record_store import that_counts
from host.writer.writer_guard import guard

_FENCE_SECONDS = 40
"""How long the operator's webhook may be away, inside the minute until the next report."""
_MINUTES = 30
"""Every part of the metrics may wait for a region's service that swallows calls, for minutes."""
_log = logging.getLogger(__name__)


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """Write the heartbeat, read the status, publish the metrics; how many were published."""
    return report(Site.current(machine))


def report(site: Site) -> dict[str, Any]:
    """The gate, the heartbeat where this site writes, then the metrics of this site.

    The heartbeat is written again each minute for as long as the metrics take: a region whose
    services swallow calls holds them up for minutes, and the other site counts the loss from it.

    Raises:
        TimedOut: when the metrics do not come to an end.
    """
    beaten = _keep_and_beat(site)
    rest = beside(lambda: _publish(site))
    for _ in range(_MINUTES):
        if wait([rest], timeout=PERIOD_SECONDS).done:
            return {"heartbeat": beaten, **rest.result()}
        beaten = _keep_and_beat(site)
    raise TimedOut(f"no metrics within {_MINUTES} min; they are tried again - run: pgtwin status")


def _keep_and_beat(site: Site) -> bool:
    seen = gate.try_to_keep(site)
    try:
        return beat(site, seen)
    except Exception as error:
        if explain(error) is None:
            raise
        # Its absence is what the alarm on the other site is for; the metrics tell the rest.
        _log.warning("no heartbeat: %s", error)
        return False


def _publish(site: Site) -> dict[str, Any]:
    document = StatusReader(site).read()
    if document.state and document.state.streams:
        epoch = document.record.epoch if document.record else None
        life = last_stream.life(epoch, document.state.server_name)
        last_stream.saw(site.machine.files, site.machine.clock.now(), life)
    _renew_lost_slots(site, document)
    _close_hole(site, document)
    return {"metrics": _put(site, document), "errors": document.errors}


def _renew_lost_slots(site: Site, document: StatusDocument) -> None:
    """Else their standbys never stream again."""
    cluster, standbys = document.cluster, document.standbys
    if not (cluster and cluster.primary_pod and standbys and standbys.lost_slots):
        return
    try:
        slots = renew_lost_slots(Psql.at(site, cluster.primary_pod, database="postgres"))
    except HostError as error:
        _log.warning("lost replication slots are left as they are: %s", error)
    else:
        _log.warning("lost replication slots were replaced: %s", ", ".join(slots))


def _close_hole(site: Site, document: StatusDocument) -> None:
    """Else a replica may wait forever for what a lost instance had not archived."""
    state, cluster = document.state, document.cluster
    if state is None or not state.accepts_writes or not state.history or state.fenced:
        return
    if cluster is not None and cluster.primary_pod is not None:
        name, timeline, history = state.server_name, state.timeline, state.history
        hole.close(site, cluster.primary_pod, server_name=name, timeline=timeline, history=history)


def beat(site: Site, seen: Sightings) -> bool:
    """Write the heartbeat if this site is the writer, by what was `seen`; whether it did.

    It is written also while this region's record cannot be read and the other's is: what was lost
    of such a region is counted from its newest heartbeat, and its WAL may leave it all the same.
    """
    document = site.document
    live = site_cluster.find(site.kubectl, document)
    if live is None or live.primary_pod is None or not live.is_writer or live.fenced:
        return False
    if not writes_by_the_peer(seen, document.site):
        kubectl = site.kubectl.patient(_FENCE_SECONDS)
        if guard(site, kubectl, live, newest=partial(_newest, site)):
            return False
    _close_what_is_open(site, live)
    psql = Psql.at(site, live.primary_pod)
    owner, users = document.database.owner, document.secrets.database
    heartbeat.beat(psql, document.site, owner=owner, users=users)
    return True


def _newest(site: Site, live: Cluster) -> Record:
    """The record as the gate reads it: a region that swallows calls is waited for for seconds.

    Raises:
        Failed: where this region does not answer; nobody is fenced for the other's copy alone.
    """
    seen = gate.look(site)
    if not seen.own.answered:
        raise Failed("this region's record cannot be read - it is read again in a minute")
    found = that_counts(seen.own.record, seen.peer.record, seen.remembered)
    return found or Record.initial(site.document, live)


def _close_what_is_open(site: Site, live: Cluster) -> None:
    """A promotion whose command died must not leave the operator paused or its token behind."""
    if not is_open(live):
        return
    try:
        with observation.changing_the_writer(site, within_seconds=0):
            close(site)
    except Locked:
        _log.info("a promotion is running")


def _put(site: Site, document: StatusDocument) -> int:
    data = metrics(document, site.document.cluster)
    if data:
        cloudwatch = site.machine.aws.client("cloudwatch", site.document.region)
        where = namespace(site.document.system)
        cloudwatch.put_metric_data(Namespace=where, MetricData=data)
    return len(data)
