"""Whether a major upgrade may begin, or go on: a pure decision."""

from pgtwin.fork import forked
from pgtwin.record import Record
from pgtwin.site_state import SiteState


def why_not(record: Record, *, writer: SiteState, replica: SiteState, to: int) -> str | None:
    """Why the writer's and the replica's data must not be brought to `to` now, or None.

    An upgrade that was interrupted goes on: its own fence, and a replica that waits for it, are no
    reasons against it.
    """
    if record.writer != writer.site or writer.role != "writer" or replica.role != "replica":
        return "the record and the sites do not agree who writes - run: pgtwin status"
    for site in (writer, replica):
        if site.configured_postgres != to:
            return (
                f"{site.site} was deployed with PostgreSQL {site.configured_postgres}, the "
                f"configuration says {to} - run: make deploy"
            )
        if site.postgres is None or site.postgres > to:
            return f"the data of {site.site} is of PostgreSQL {site.postgres or 'unknown'}"
    if to in (writer.postgres, writer.upgrading_to):
        return None
    return _not_whole(writer) or forked(writer, replica) or _replica_is_not_whole(replica)


def _not_whole(writer: SiteState) -> str | None:
    if writer.fenced is not False or not writer.accepts_writes or not writer.healthy:
        return f"{writer.site} is fenced, not healthy, or does not accept writes"
    if writer.backup_running:
        return f"a base backup of {writer.site} is under way"
    if writer.commits_stalled or writer.archive_slow:
        return f"{writer.site}: {writer.commits_stalled or writer.archive_slow}"
    return None


def _replica_is_not_whole(replica: SiteState) -> str | None:
    if replica.exists and replica.following and replica.healthy and replica.fenced is False:
        return None
    return f"{replica.site} does not follow, so there would be no way back"
