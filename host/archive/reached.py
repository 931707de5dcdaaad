"""Whether an archive reaches a moment: a recovery stops at the first commit after it.

Where there is none in the archive PostgreSQL ends the recovery with an error, hours later and with
a cluster left to delete. So before anything is made, this site's PostgreSQL is asked for a position
of the WAL behind such a commit, and the archive is waited for until it holds that.
"""

import logging
from datetime import UTC, datetime, timedelta

from host.archive.archive import Archive
from host.errors import Failed, HostError, Refused, TimedOut
from host.kubernetes.cluster import Cluster
from host.machine.waiting import wait_for
from host.postgres import heartbeat
from host.postgres.psql import Psql, literal
from host.site import Site

_CLOSE = "select to_json(pg_current_wal_insert_lsn()); select pg_switch_wal() \\g /dev/null\n"
"""The end of the WAL, then its segment is closed, so that it is archived now."""
_REPLAYED = """
select json_build_object('lsn', pg_last_wal_replay_lsn(), 'newest',
  extract(epoch from pg_last_xact_replay_timestamp()),
  'there', coalesce(pg_last_xact_replay_timestamp() > {at}::timestamptz, false));
"""
_WAITING = """
select to_json(extract(epoch from coalesce(min(segment.modification), now())))
from pg_ls_waldir() segment join pg_ls_archive_statusdir() waiting
  on waiting.name = segment.name || '.ready';
"""
_log = logging.getLogger(__name__)


def await_moment(
    site: Site, live: Cluster, archive: Archive, at: datetime, *, newest_backup: datetime
) -> None:
    """Wait until the archive holds a commit after `at`, where it is not known to hold one already.

    It is known by a base backup that ended after `at`, whose WAL is there; and of the writer's own
    archive, where the oldest segment that still waits was begun after `at`. Where this site's
    PostgreSQL does not answer in time, as after a loss or while commits hang, nobody can tell, and
    the recovery has to show it.

    Raises:
        Refused: when it does not arrive, with the newest moment that can be restored now.
    """
    since = timedelta(seconds=heartbeat.following_seconds(site))
    if live.primary_pod is None or newest_backup - since > at:
        return
    psql = Psql.at(site, live.primary_pod)
    within = 2 * since.total_seconds()
    try:
        own = live.is_writer and archive.server_name == live.server_name
        if own and _waiting_since(psql) - since > at:
            return
        lsn = _written(psql, site) if live.is_writer else _replayed(psql, site, at, within)
    except Refused:
        raise
    except HostError as error:
        _log.warning("it is unknown whether the archive reaches %s: %s", at, error)
        return
    try:
        wait_for(
            site.machine.clock,
            f"the WAL after {at.isoformat()} in {archive.url}",
            lambda: archive.holds_wal(lsn),
            deadline_seconds=within,
            every_seconds=1,
        )
    except TimedOut:
        newest = _archived_until(psql if own else None, archive)
        # A moment is there once what waits was begun after it, and both are told by the second.
        sure = None if newest is None else (newest - since - timedelta(seconds=1)).timestamp()
        raise Refused(
            f"{_too_early(at, sure)}; for the archive, read: docs/runbooks/archive-failed.md"
        ) from None


def refuse_after_its_end(
    site: Site, archive: Archive, at: datetime, *, source: str, next_begins: datetime | None
) -> None:
    """Refuse a moment that an archive of an earlier generation, which is written no more, ends
    before. Until the next generation's first base backup no archive of that site has any moment.

    Raises:
        Refused: with the newest moment that it is sure to have.
    """
    last = archive.written_until()
    if last is not None and at <= last:
        return
    own, peer = site.document.site, site.document.peer.site
    later = f", or from {next_begins.isoformat()} on" if next_begins else ""
    if last is None:
        found, then = "holds no WAL", f"restore to another moment{later}"
    else:
        # A heartbeat commits every minute, and within an archive timeout it is archived.
        sure = last - timedelta(seconds=heartbeat.following_seconds(site))
        found = f"was written last at {last.isoformat()}"
        then = f"restore to {sure.isoformat()} or earlier{later}"
    raise Refused(
        f"{archive.url} {found}, and does not reach {at.isoformat()}; nothing was made - {then}, "
        f"or repeat with --site {peer if source == own else own}"
    )


def _waiting_since(psql: Psql) -> datetime:
    """When the oldest segment that waits for the archive was closed, or now; what came before is in
    the archive. It was begun at most an archive timeout and a heartbeat before: while PostgreSQL
    runs, a heartbeat is written every minute.
    """
    return datetime.fromtimestamp(psql.query(_WAITING, read_only=True), UTC)


def _archived_until(writer: Psql | None, archive: Archive) -> datetime | None:
    """When the newest WAL of an archive was written; None where that is unknown. Its `writer` is
    asked where it is this one's.
    """
    try:
        return _waiting_since(writer) if writer else archive.written_until()
    except HostError as error:
        _log.warning("it is unknown what %s holds: %s", archive.url, error)
        return None


def _written(psql: Psql, site: Site) -> str:
    """Behind a commit of just now, on the writer."""
    heartbeat.commit(psql, site.document.site, owner=site.document.database.owner)
    return str(psql.query(_CLOSE))


def _replayed(psql: Psql, site: Site, at: datetime, within: float) -> str:
    """Behind a replayed commit after `at`, on a replica.

    Raises:
        Refused: where none comes.
    """
    script = _REPLAYED.format(at=literal(at.isoformat()))
    newest: float | None = None

    def there() -> str | None:
        nonlocal newest
        try:
            found = psql.query(script, read_only=True)
        except TimedOut as hangs:  # the question, not the moment
            raise Failed(str(hangs)) from None
        newest = found["newest"]
        return str(found["lsn"]) if found["there"] else None

    try:
        return wait_for(
            site.machine.clock,
            f"a commit after {at.isoformat()} to be replayed",
            there,
            deadline_seconds=within,
            every_seconds=1,
        )
    except TimedOut:
        raise Refused(_too_early(at, newest)) from None


def _too_early(at: datetime, newest: float | None) -> str:
    moment = "unknown" if newest is None else datetime.fromtimestamp(newest, UTC).isoformat()
    return (
        f"the archive does not reach {at.isoformat()} yet; nothing was made - repeat later, or "
        f"restore to the newest moment that it has: {moment}"
    )
