"""Whether a major upgrade may begin, or go on: a pure decision."""

from pgtwin.fork import forked
from pgtwin.record import Record
from pgtwin.site_state import SiteState

_STATUS = "run: pgtwin status"


def why_not(record: Record, *, writer: SiteState, replica: SiteState, to: int) -> str | None:
    """Why the writer's and the replica's data must not be brought to `to` now, or None.

    An upgrade that was interrupted goes on: its own fence, a replica that waits for it, and one
    whose cluster is gone, to be cloned, are no reasons against it. Gone before the data is
    converted, it ends the wait for its replay, and the old version starts again.
    """
    goes_on = to in (writer.postgres, writer.upgrading_to)
    if record.writer != writer.site or writer.role != "writer" or replica.role != "replica":
        return f"the record and the sites do not agree who writes - {_STATUS}"
    for site in (writer, replica):
        if site.configured_postgres != to:
            return (
                f"{site.site} was deployed with PostgreSQL {site.configured_postgres}, the "
                f"configuration says {to} - run: make deploy"
            )
        if site.postgres is None and (site.exists or not goes_on):
            return f"it is unknown of which version the data of {site.site} is - {_STATUS}"
        if (site.postgres or to) > to:
            return (
                f"the data of {site.site} is of PostgreSQL {site.postgres}, which is newer - "
                f"set `postgres: {site.postgres}` in the configuration and deploy again"
            )
    if goes_on:
        return None
    return _not_whole(writer) or forked(writer, replica) or _replica_is_not_whole(replica)


def _not_whole(writer: SiteState) -> str | None:
    if writer.fenced is not False or not writer.accepts_writes or not writer.healthy:
        return f"{writer.site} is fenced, not healthy, or does not accept writes - {_STATUS}"
    if writer.backup_running:
        return f"a base backup of {writer.site} is under way - repeat when it has ended"
    if writer.commits_stalled or writer.archive_slow:
        return f"{writer.site}: {writer.commits_stalled or writer.archive_slow} - {_STATUS}"
    return None


def _replica_is_not_whole(replica: SiteState) -> str | None:
    if replica.exists and replica.following and replica.healthy and replica.fenced is False:
        return None
    return f"{replica.site} does not follow, so there would be no way back - {_STATUS}"
