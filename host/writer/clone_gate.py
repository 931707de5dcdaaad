"""What must hold before a Cluster that does not exist yet is made.

* Its own archive is empty. A new history in an old archive destroys what can be restored from it,
  and CloudNativePG would refuse to archive there.
* A new, empty database is made only where the peer's archive is empty too: otherwise there is one
  already, and a template that was edited before this site existed would make a second writer.
* A clone has something to clone: a finished base backup in the peer's archive. The operator itself
  would try for ten minutes and then give up for good.
"""

import logging

from host.archive.archive import Archive, BaseBackup
from host.archive.archives import own_archive, peer_archive
from host.deadlines import FIRST_BASE_BACKUP_SECONDS
from host.errors import Refused
from host.kubernetes.cluster import server_name
from host.kubernetes.kubectl import Object
from host.machine.waiting import wait_for
from host.site import Site
from host.writer.record import Record

_EVERY_SECONDS = 5
_log = logging.getLogger(__name__)


def refuse_a_used_archive(site: Site, item: Object) -> None:
    """Refuse to make the Cluster `item` where its archive holds anything.

    Raises:
        Refused: with what to do instead.
    """
    archive = own_archive(site, server_name(item))
    if archive.is_empty():
        return
    raise Refused(
        f"the cluster {site.document.cluster} does not exist, but {archive.url} holds its archive; "
        f"nothing was made over it - to clone it from a writer, run: pgtwin failback --site "
        f"{site.document.site} --stay; where no site writes, run: pgtwin status"
    )


def refuse_a_second_writer(site: Site, record: Record) -> None:
    """Refuse to make an empty database where the peer's archive holds anything.

    Raises:
        Refused: with what to do instead.
    """
    peer = site.document.peer
    archive = peer_archive(site, record.server_names[peer.site])
    if not archive.is_empty():
        raise Refused(
            f"the configuration makes {site.document.site} the writer, but {archive.url} holds the "
            f"database of {peer.site} already; nothing was made - set `writer: {peer.site}` in the "
            "configuration and deploy again"
        )


def await_base_backup(site: Site, record: Record) -> BaseBackup:
    """Wait until the peer's archive holds a finished base backup; the newest.

    Raises:
        TimedOut: after two hours.
    """
    peer = site.document.peer
    archive = peer_archive(site, record.server_names[peer.site])
    clock = site.machine.clock
    since = f"{clock.now():%H:%M:%S} UTC"
    what = f"the first finished base backup of {peer.cluster} in {archive.url} since {since}"
    _log.info("waiting for %s", what)
    return wait_for(
        clock,
        what,
        lambda: _newest_backup(archive),
        deadline_seconds=FIRST_BASE_BACKUP_SECONDS,
        every_seconds=_EVERY_SECONDS,
    )


def _newest_backup(archive: Archive) -> BaseBackup | None:
    from botocore.exceptions import BotoCoreError

    try:
        return next(archive.base_backups(), None)
    except BotoCoreError as error:
        _log.warning("%s cannot be read: %s", archive.url, error)
        return None
