"""`ready`: every promise behind "deployed", checked one after the other, one line each.

On the site that the record names as the writer: machines, operators, cluster, clients let into this
machine, a row written and read through the writer's service, the first base backup. On the other:
machines, operators, cluster, and that it follows, shown by a heartbeat of the writer that came
through the archive.
"""

import argparse
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from host.archive.archives import own_archive
from host.deadlines import (
    BASE_BACKUP_SECONDS,
    CLIENTS_SECONDS,
    COPY_SECONDS,
    FOLLOWS_SECONDS,
    MACHINES_SECONDS,
    OPERATORS_SECONDS,
    WRITE_SECONDS,
)
from host.errors import Failed, TimedOut
from host.evidence import status_parts
from host.evidence.status_reader import OPERATOR_NAMESPACES
from host.explain import explain
from host.gate import gate
from host.kubernetes import operators, site_cluster
from host.kubernetes.recovery_job import heal_recovery
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.postgres import heartbeat, probe
from host.postgres.psql import Psql
from host.site import Site
from host.writer import observation
from host.writer.record_store import RecordStore

_EVERY_SECONDS = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One promise, and how long it may take to hold: `host/deadlines.py`."""

    name: str
    holds: Callable[[], bool]
    deadline_seconds: float


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """Check everything; what held and how long each took."""
    return ready(Site.current(machine))


def ready(site: Site) -> dict[str, Any]:
    """Wait for every promise.

    Raises:
        TimedOut: naming the first that did not hold within its deadline.
    """
    clock, seconds = site.machine.clock, {}
    for check in _checks(site):
        start = clock.monotonic()
        _wait(site, check)
        seconds[check.name] = round(clock.monotonic() - start, 1)
        _log.info("%s: yes, after %.1f s", check.name, seconds[check.name])
    return {"site": site.document.site, "seconds": seconds}


def _checks(site: Site) -> list[Check]:
    readiness = _Readiness(site)
    common = [
        Check(name="machines", holds=readiness.machines, deadline_seconds=MACHINES_SECONDS),
        Check(name="operators", holds=readiness.operators, deadline_seconds=OPERATORS_SECONDS),
        Check(name="cluster", holds=readiness.cluster, deadline_seconds=COPY_SECONDS),
    ]
    if readiness.is_writer():
        return [
            *common,
            Check(name="clients let in", holds=readiness.clients, deadline_seconds=CLIENTS_SECONDS),
            Check(
                name="write and read",
                holds=readiness.write_and_read,
                deadline_seconds=WRITE_SECONDS,
            ),
            Check(
                name="base backup",
                holds=readiness.base_backup,
                deadline_seconds=BASE_BACKUP_SECONDS,
            ),
        ]
    return [
        *common,
        Check(name="follows the writer", holds=readiness.follows, deadline_seconds=FOLLOWS_SECONDS),
    ]


class _Readiness:
    """The promises, each as one look."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._document = site.document
        self._records = RecordStore(site.machine, site.document)

    def is_writer(self) -> bool:
        live = site_cluster.require(self._site.kubectl, self._document)
        return self._records.newest(live).writer == self._document.site

    def machines(self) -> bool:
        nodes = (self._site.kubectl.get("nodes") or {}).get("items", [])
        names = [node.name for node in self._document.nodes]
        return all(node.ready for node in status_parts.node_statuses(names, nodes))

    def operators(self) -> bool:
        return all(
            not operators.unavailable(self._site.kubectl.list(operators.DEPLOYMENTS, namespace))
            for namespace in OPERATOR_NAMESPACES
        )

    def cluster(self) -> bool:
        heal_recovery(self._site.kubectl, self._document.namespace, self._document.cluster)
        return site_cluster.require(self._site.kubectl, self._document).healthy

    def clients(self) -> bool:
        if gate.packet_filter(self._site).is_open():
            return True
        raise Failed("the gate of this machine is closed - run: pgtwin-host admit")

    def base_backup(self) -> bool:
        live = site_cluster.require(self._site.kubectl, self._document)
        archive = own_archive(self._site, live.server_name)
        return next(archive.base_backups(), None) is not None

    def write_and_read(self) -> bool:
        return probe.write_and_read(self._site, self._pod())

    def follows(self) -> bool:
        seen = observation.observe(self._site)
        if seen.state is None or not seen.state.in_recovery:
            return False
        psql = Psql.at(self._site, self._pod())
        age = heartbeat.age_seconds(psql, self._document.peer.site)
        return age is not None and age <= heartbeat.following_seconds(self._site)

    def _pod(self) -> str:
        live = site_cluster.require(self._site.kubectl, self._document)
        if live.primary_pod is None:
            raise Failed(f"{live.name} has no leading instance yet - run: pgtwin-host ready")
        return live.primary_pod


def _wait(site: Site, check: Check) -> None:
    """Wait for one promise; what hinders a look counts as not yet."""
    hindrance = ""

    def holds() -> bool:
        nonlocal hindrance
        try:
            hindrance = ""
            return check.holds()
        except Exception as error:
            if explain(error) is None:
                raise
            hindrance = f": {error}"
            return False

    try:
        wait_for(
            site.machine.clock,
            check.name,
            holds,
            deadline_seconds=check.deadline_seconds,
            every_seconds=_EVERY_SECONDS,
        )
    except TimedOut as error:
        raise TimedOut(f"not ready: {error}{hindrance} - run: pgtwin-host status") from None
