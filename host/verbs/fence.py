"""`fence`: stops PostgreSQL in every instance of this site and keeps the data.

No failover follows: CloudNativePG leaves a fenced cluster alone. A demotion that is under way goes
on under this fence, and its end takes the fence away: the site is a replica then.

What always holds: a fence that was decided in an earlier epoch of the record is refused. The plan
that sent it was given up, or its site was brought back, and the record says who writes. Where the
record cannot be read the site is fenced: unknown is not later.
"""

import argparse
from typing import Any

from host.errors import Refused
from host.gate import gate
from host.kubernetes import site_cluster
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.postgres.psql import Psql
from host.postgres.running import runs
from host.site import Site
from host.writer import writer_guard
from host.writer.observation import changing_the_writer
from host.writer.record import Record

_STOPPED_SECONDS = 300


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Fence, and wait until no instance answers clients any more."""
    site = Site.current(machine)
    with changing_the_writer(site):
        fence(site, arguments.epoch)
    return {"fenced": site.document.cluster}


def fence(site: Site, epoch: int | None = None) -> None:
    """Fence this site's cluster.

    Raises:
        Refused: where there is none, or the record is of a later epoch than the one in which this
            was decided; nothing was changed.
        TimedOut: when an instance still runs after five minutes; safe to repeat.
    """
    clock = site.machine.clock
    wait_for(
        clock,
        "the Cluster to stop changing",
        lambda: _is_told_to_stop(site, epoch),
        deadline_seconds=_STOPPED_SECONDS,
        every_seconds=1,
    )
    wait_for(
        clock,
        "PostgreSQL to stop",
        lambda: _stopped(site),
        deadline_seconds=_STOPPED_SECONDS,
        every_seconds=1,
    )


def objection(record: Record | None, epoch: int | None) -> str | None:
    """Why the site is not fenced by what was decided in `epoch`, or None: pure."""
    if record is None or epoch is None or record.epoch <= epoch:
        return None
    return record.text_for_another_epoch(epoch)


def _is_told_to_stop(site: Site, epoch: int | None) -> bool:
    """Whether the Cluster has the fence, which is put on it as it was seen before the record."""
    seen = site_cluster.require(site.kubectl, site.document)
    if seen.stopped:
        return True
    if epoch is None:
        writer_guard.fence(site.kubectl, site.document)
        return True
    why = objection(gate.look(site).newest, epoch)
    if why:
        raise Refused(why)
    return writer_guard.fence_as_seen(site.kubectl, site.document, seen)


def _stopped(site: Site) -> bool:
    """The operator notices it only after 24 to 29 s, and calls an instance not ready that is only
    busy, so the instances are asked themselves.
    """
    cluster = site_cluster.require(site.kubectl, site.document)
    return all(runs(Psql.at(site, pod)) is False for pod in cluster.pods)
