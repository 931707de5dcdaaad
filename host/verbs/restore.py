"""`restore`: a new cluster beside the old one, as the database was at a moment.

It never touches a cluster that exists: a name that is taken is refused, unless by the very restore
that is asked for, which is then waited for. Nor does it fill the volume under the live database: a
copy for which there is no room is refused. Where the database does not run, or its size is not
known, the room is not checked: the restore may be all that is left.
"""

import argparse
import logging
import re
from datetime import UTC, datetime
from typing import Any

from host.archive import generations
from host.archive.archive import Archive
from host.archive.archives import Restorable, own_archive, peer_archive
from host.archive.reached import await_moment, refuse_after_its_end
from host.archive.restoration import restored_cluster, restored_from, store_of
from host.bundle.site_document import SiteDocument
from host.deadlines import COPY_SECONDS
from host.errors import Failed, HostError, Refused
from host.kubernetes import cluster, operator_log, recovery_job, site_cluster
from host.kubernetes.cluster import RESTORED, Cluster
from host.kubernetes.kubectl import Object
from host.kubernetes.postgres_image import of_major
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.site import Site
from host.verification.room import refuse_without_room
from host.verification.throw_away_cluster import PREFIX
from host.writer.observation import observe
from host.writer.record import Record

_log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,45}[a-z0-9])?")
"""A Cluster's name has 50 characters at most (cloudnative-pg v1.30.0
internal/webhook/v1/cluster_webhook.go, validateName). Its Job `<name>-1-full-recovery` has 63, or
Kubernetes refuses it and nothing ever happens."""


_OF_A_CLUSTER = (
    *("", "-app", "-barman-cloud", "-ca", "-pooler", "-primary", "-pull", "-pull-secret", "-r"),
    *("-replication", "-ro", "-rw", "-server", "-superuser"),
)
_KEPT = ("default", "pooler-rw")
"""As `pgtwin` refuses them; the reasons stand in topology/rules/reserved_names.py."""


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Restore `--from` a site's archive `--at` a moment `--into` a new cluster."""
    site = Site.current(machine)
    source = arguments.source or site.document.site
    restore(site, at=_moment(arguments.at), into=arguments.into, source=source)
    return {"cluster": arguments.into, "from": source, "at": arguments.at}


def restore(site: Site, *, at: datetime, into: str, source: str) -> None:
    """Make the cluster and wait until it is healthy.

    Raises:
        Refused: where the name is taken, the volumes have no room for it, or the archive does not
            reach back that far.
        Failed: when the recovery fails, most often since nothing was committed after `at`.
    """
    refuse_name(into, site.document)
    kubectl, namespace = site.kubectl, site.document.namespace
    taken = kubectl.get(cluster.KIND, into, "-n", namespace)
    if taken is None:
        _refuse_without_room(site, into)
        kubectl.create(_planned(site, at=at, into=into, source=source))
    elif Cluster(item=taken).annotation(RESTORED) != restored_from(source, at):
        raise Refused(
            f"there is a cluster {into} already; nothing was changed - choose another name"
        )
    wait_for(
        site.machine.clock,
        f"the restore into {into}",
        lambda: _restored(site, into),
        deadline_seconds=COPY_SECONDS,
        every_seconds=2,
    )


def _refuse_without_room(site: Site, into: str) -> None:
    live = site_cluster.require(site.kubectl, site.document)
    if live.primary_pod is None:
        return
    try:
        refuse_without_room(site, live, what=f"the restore into {into}", copies=1)
    except Refused:
        raise
    except HostError as unknown:
        _log.warning("whether there is room for %s is not known: %s", into, unknown)


def _planned(site: Site, *, at: datetime, into: str, source: str) -> Object:
    seen = observe(site)
    newest = _server_name(site, seen.cluster, seen.record, source)
    archive, window = _reaching_back_to(site, at, source, newest)
    if archive.server_name == newest:
        await_moment(site, seen.cluster, archive, at, newest_backup=window.newest.ended)
    live = site_cluster.require(site.kubectl, site.document)
    item = restored_cluster(
        live.item,
        name=into,
        at=at,
        source=source,
        store=store_of(site, seen.cluster, source),
        server_name=archive.server_name,
    )
    return {**item, "spec": of_major(item["spec"], site.document, window.oldest.major)}


def _server_name(site: Site, live: Cluster, record: Record, source: str) -> str:
    return live.server_name if source == site.document.site else record.server_names[source]


def _archive(site: Site, source: str, server_name: str) -> Archive:
    return (own_archive if source == site.document.site else peer_archive)(site, server_name)


def _reaching_back_to(
    site: Site, at: datetime, source: str, newest: str
) -> tuple[Archive, Restorable]:
    """The newest of the source's archives that has a base backup from before `at`, with its base
    backups: an archive is of one major version.
    """
    names = generations.and_earlier(newest)
    archives = [_archive(site, source, name) for name in names]
    looked = [(archive, Restorable.of(archive)) for archive in archives]
    windows = {archive: window for archive, window in looked if window}
    if not windows:
        raise Refused(f"{archives[0].url} holds no finished base backup")
    found = next((archive for archive, window in windows.items() if window.covers(at)), None)
    if found is None or at > site.machine.clock.now():
        oldest, window = list(windows.items())[-1]
        raise Refused(
            f"--at must be between {window.oldest.ended.isoformat()} and now: "
            f"{oldest.url} does not reach {at.isoformat()}"
        )
    if found.server_name != newest:
        later = [each.oldest.ended for each in windows.values() if not each.covers(at)]
        refuse_after_its_end(site, found, at, source=source, next_begins=min(later, default=None))
    return found, windows[found]


def _restored(site: Site, into: str) -> bool:
    namespace = site.document.namespace
    item = site.kubectl.get(cluster.KIND, into, "-n", namespace)
    if item is None:
        raise Failed(f"the cluster {into} was deleted meanwhile")
    found = Cluster(item=item)
    if found.phase == cluster.UNRECOVERABLE:
        job = recovery_job.of(into)
        said = operator_log.why(site.kubectl, namespace, job)
        raise Failed(
            f"the restore into {into} failed: {found.status('phaseReason')}: {said} - delete the "
            f"cluster {into}; for its log, run: sudo k3s kubectl -n {namespace} logs job/{job}"
        )
    return found.healthy


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        raise Refused(f"--at must be ISO 8601, such as 2026-11-22T10:00:00Z, not {text}") from None
    if utc is None:
        raise Refused(f"--at must name its zone, such as {text}Z for UTC")
    return utc


def refuse_name(into: str, document: SiteDocument) -> None:
    """Say no to what is no name of a new cluster.

    Raises:
        Refused: with what is allowed.
    """
    if not _NAME.fullmatch(into) or into.startswith(PREFIX):
        raise Refused(
            "--into must be 1 to 47 lower-case letters, digits and hyphens, beginning with a "
            f"letter, and not with {PREFIX}, which a verification deletes; not {into!r}"
        )
    sites = (document.cluster, document.peer.cluster)
    if into in sites:
        raise Refused(f"{into} is a site's own cluster; nothing was changed - choose another name")
    secrets = (user.replace("_", "-") for user in document.secrets.database)
    taken = {*_KEPT, *secrets, *(each for site in sites for each in _objects_of(site))}
    clash = sorted(taken.intersection(_objects_of(into)))
    if clash:
        raise Refused(
            f"{into} would have an object {clash[0]}, and that is kept; nothing was changed - "
            "choose another name"
        )


def _objects_of(name: str) -> list[str]:
    return [f"{name}{end}" for end in _OF_A_CLUSTER]
