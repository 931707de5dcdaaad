"""`unfence`: starts PostgreSQL on this site again, unless the record forbids it.

What always holds: the fence is lifted from the Cluster as it was seen. Where the record moves to
the other site meanwhile, the fence is set again.
"""

import argparse
from typing import Any

from host.bundle.site_document import SiteDocument
from host.errors import Refused
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.site import Site
from host.writer import writer_guard
from host.writer.observation import Observation, Observer, changing_the_writer
from host.writer.record import Record

_STARTED_SECONDS = 600


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """Unfence, and wait until the cluster is healthy."""
    site = Site.current(machine)
    with changing_the_writer(site):
        unfence(site)
    return {"unfenced": site.document.cluster}


def unfence(site: Site) -> None:
    """Take the fence away.

    Raises:
        Refused: where the cluster would write although the record names the other site, and
            while a demotion is under way: the fence is the operator's own then, and without it the
            demotion would never end.
        TimedOut: when it is not healthy after ten minutes; safe to repeat.
    """
    observer = Observer(site)
    wait_for(
        site.machine.clock,
        "PostgreSQL to answer and the cluster to be healthy",
        lambda: _runs(site, observer.look()),
        deadline_seconds=_STARTED_SECONDS,
        every_seconds=1,
    )


def _runs(site: Site, seen: Observation) -> bool:
    """Lift the fence if it is there; whether PostgreSQL answers without it.

    A cluster counts as healthy until the operator has noticed that it was fenced.
    """
    why = objection(site.document, seen.record, seen.cluster)
    if why:
        writer_guard.guard(site, site.kubectl)
        raise Refused(why)
    if seen.cluster.fenced:
        _lift(site, seen.cluster)
        return False
    return seen.cluster.healthy and seen.state is not None


def _lift(site: Site, seen: Cluster) -> None:
    try:
        writer_guard.unfence(site.kubectl, site.document, seen)
    except KubectlFailed as failed:
        if failed.failure is not Failure.CONFLICT:
            raise  # a Cluster that has changed is looked at again


def objection(site: SiteDocument, record: Record, live: Cluster) -> str | None:
    """Why PostgreSQL must not be started, or None: pure."""
    if live.demoting:
        return (
            f"{live.name} is being demoted, and the operator itself keeps PostgreSQL stopped until "
            "that is over; nothing was changed - wait, or repeat: pgtwin switchover"
        )
    if writer_guard.must_not_write(live, record, site):
        return (
            f"the record names {record.writer} as the writer, and {live.name} would write too; "
            "it stays fenced - run: pgtwin status"
        )
    return None
