"""`pg_upgrade`: the writer's data to the configured major version of PostgreSQL, step by step.

`pgtwin upgrade --postgres` gives the order; what holds in each step is `host/major/conversion.py`.
Every step is safe to repeat, and refused where the one before it did not come to its end:

1. `--check` says what `pg_upgrade` would refuse; changes nothing.
2. `--stop` fences PostgreSQL and tells where it ended, once the archive has everything.
3. `--convert` changes image and server name, and waits for the operator's job.
4. `--start` lifts the fence where the record names the new archive, and waits for a write. Until
   then `--back` brings the old version back where it was.
5. `--analyze` makes the statistics that `pg_upgrade` did not carry over.
"""

import argparse
from typing import Any

from host.archive.archives import own_archive
from host.deadlines import COPY_SECONDS
from host.errors import Refused, TimedOut
from host.kubernetes import site_cluster
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl import Object
from host.kubernetes.postgres_image import data_major, pinned_image, requested_major
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.major import job, statistics
from host.major.blockers import blockers
from host.major.conversion import STARTING, Conversion, Reversal, is_stopped_for, stopping
from host.major.stopped import stopped_at
from host.postgres import control_data
from host.site import Site
from host.verbs.fence import fence
from host.writer.first_write import first_write
from host.writer.observation import Observer, changing_the_writer, observe, running_backup
from host.writer.role_change import change_role

_ARCHIVED_SECONDS = 300.0
"""PostgreSQL's archiver sends what is left before it ends; the kubelet's view of it comes later."""


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Take the step that is asked for."""
    site = Site.newest(machine)
    if arguments.check:
        return check(site)
    with changing_the_writer(site):
        if arguments.stop:
            return {"stopped_at": stop(site)}
        if arguments.convert:
            convert(site, arguments.convert)
        elif arguments.back:
            back(site)
        elif arguments.start:
            start(site)
        else:
            analyze(site)
    return {"postgres": data_major(site_cluster.require(site.kubectl, site.document))}


def check(site: Site) -> dict[str, Any]:
    """What would stop `pg_upgrade`, as far as SQL can tell; its own checks come before it changes
    anything.
    """
    live = _writer(site)
    return {
        "postgres": data_major(live),
        "configured": site.document.database.postgres,
        "blockers": blockers(site, live),
    }


def stop(site: Site) -> str:
    """Stop PostgreSQL in every instance; the position at which it ended.

    Raises:
        Refused: where anybody else has fenced it, a backup runs, or the archive lacks anything.
    """
    live, wanted = _writer(site), site.document.database.postgres
    if not is_stopped_for(live, wanted):
        _refuse_to_stop(site, live)
        at = site.machine.clock.now().isoformat(timespec="seconds")
        _patch(site, live, stopping(live, wanted, at))
    fence(site)
    return _stopped_at(site)


def convert(site: Site, server_name: str) -> None:
    """Convert the data, which from then on archives under `server_name`.

    Raises:
        Refused: where PostgreSQL is not stopped by `stop`, the archive lacks anything, or
            `pg_upgrade` refused, with its reason.
        TimedOut: after four hours; safe to repeat.
    """
    live, document = _writer(site), site.document
    if requested_major(live) != document.database.postgres:
        if not own_archive(site, server_name).is_empty():
            raise Refused(f"the archive {server_name} is not empty; nothing was changed")
        if is_stopped_for(live, document.database.postgres):
            _stopped_at(site)
    conversion = Conversion(site=document, server_name=server_name)
    change_role(
        site,
        lambda seen: conversion.next_step(seen.cluster, job.look(site)),
        meanwhile=lambda seen: _delete_pods(site, seen.cluster),
        observer=Observer(site, asks_postgres=False),
        deadline_seconds=COPY_SECONDS,
    )


def back(site: Site) -> None:
    """Ask for the old version again, under the archive that the record names.

    Raises:
        Refused: where the data is converted already; nothing was changed.
    """
    record = Observer(site, asks_postgres=False).look().record
    name = record.server_names[site.document.site]
    reversal = Reversal(site=site.document, server_name=name)
    change_role(
        site,
        lambda seen: reversal.next_step(seen.cluster, job.look(site)),
        observer=Observer(site, asks_postgres=False),
        deadline_seconds=COPY_SECONDS,
    )


def start(site: Site) -> None:
    """Lift the fence and wait until a write was acknowledged.

    With several instances that waits for the clone of a standby, which a commit has to reach.

    Raises:
        Refused: where the record names another site or archive; PostgreSQL stays stopped.
        TimedOut: after four hours; safe to repeat.
    """
    seen = Observer(site, asks_postgres=False).look()
    live, record, here = seen.cluster, seen.record, site.document.site
    if record.contested or record.writer != here:
        raise Refused(f"the record does not name {here} as the writer; it stays stopped")
    if record.server_names[here] != live.server_name:
        raise Refused(
            f"the record has {record.server_names[here]}, {live.name} archives to "
            f"{live.server_name}; it stays stopped - repeat: pgtwin upgrade --postgres"
        )
    if is_stopped_for(live, site.document.database.postgres):
        _patch(site, live, STARTING)
    first_write(site, within_seconds=COPY_SECONDS)


def analyze(site: Site) -> None:
    """Make the statistics that are missing."""
    live, namespace = _writer(site), site.document.namespace
    statistics.analyze(site.kubectl, namespace=namespace, pod=live.primary_pod or "")


def _delete_pods(site: Site, live: Cluster) -> None:
    """Let the operator begin: it waits forever for the pod of a fenced leading instance, which is
    alive and not ready (cloudnative-pg v1.30.0 internal/controller/cluster_controller.go,
    evaluatePodReadinessGuards; seen on the rig). PostgreSQL does not run in them.
    """
    namespace, wanted = site.document.namespace, site.document.database.postgres
    if not is_stopped_for(live, wanted) or data_major(live) == wanted:
        return
    selector = f"cnpg.io/cluster={live.name},cnpg.io/podRole=instance"
    for pod in site.kubectl.list("pods", namespace, selector=selector):
        if "deletionTimestamp" not in pod["metadata"]:
            site.kubectl.delete("pods", namespace, pod["metadata"]["name"])


def _refuse_to_stop(site: Site, live: Cluster) -> None:
    document = site.document
    major, wanted = data_major(live), document.database.postgres
    if major is None or major >= wanted:
        raise Refused(f"{live.name} is of PostgreSQL {major}, {wanted} is configured")
    if not pinned_image(document, wanted, otherwise=""):
        raise Refused(f"no image of PostgreSQL {wanted} is pinned - deploy the newest pgtwin")
    if live.stopped or not live.healthy:
        raise Refused(f"{live.name} is fenced or not healthy ({live.phase}) - run: pgtwin status")
    if running := running_backup(site):
        raise Refused(f"the base backup {running} is under way - repeat once it is over")
    if observe(site).state is None:
        raise Refused("PostgreSQL does not answer - run: pgtwin status")


def _stopped_at(site: Site) -> str:
    def ended() -> str | None:
        live = _writer(site)
        text = control_data.read(
            site.kubectl, namespace=site.document.namespace, pod=live.primary_pod or ""
        )
        try:
            return stopped_at(text)
        except Refused as refused:
            why.append(str(refused))
            return None

    why: list[str] = []
    try:
        return wait_for(
            site.machine.clock,
            "the archive to have everything",
            ended,
            deadline_seconds=_ARCHIVED_SECONDS,
            every_seconds=1,
        )
    except TimedOut:
        raise Refused(f"{why[-1]}; nothing was converted") from None


def _writer(site: Site) -> Cluster:
    live = site_cluster.require(site.kubectl, site.document)
    if not live.is_writer:
        raise Refused(f"{live.name} is a replica; only the writer's data is converted")
    return live


def _patch(site: Site, live: Cluster, merge: Object) -> None:
    site_cluster.patch_as_read(site.kubectl, site.document, live, merge)
