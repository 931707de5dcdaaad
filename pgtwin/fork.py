"""Whether a replica is ahead of the place where the writer's history left its timeline: pure.

A stream and an archive carry what the leading instance of the writer's site has on its disk,
whether a standby of that site has it or not. Where that instance dies, the standby that leads next
begins a new timeline at the last record that it has. A replica in the other region that has
replayed more refuses that timeline for good ("forked off current database system timeline ...
before current recovery point", rescanLatestTimeLine in PostgreSQL's xlogrecovery.c), and only a new
clone follows.

What always holds: it is said only where both sites told enough, and a site is handed over to only
where they did. Its newest heartbeat stays young for minutes meanwhile, so `following` does not tell
it.
"""

from pgtwin.failback_check import as_a_replica
from pgtwin.site_state import SiteState
from pgtwin.wal_position import position


def forked(writer: SiteState | None, replica: SiteState | None) -> str | None:
    """Why `replica` can never follow `writer` again, and what to run; None where it may, and where
    too little is known.
    """
    if writer is None or replica is None or not writer.accepts_writes or not writer.history:
        return None
    if replica.role != "replica" or replica.lsn is None:
        return None
    here, there = replica.timeline, writer.timeline
    oldest = min(map(int, writer.history))
    if here is None or there is None or not oldest <= here < there:
        return None
    left_at = writer.history.get(str(here))
    if left_at is not None and position(replica.lsn) <= position(left_at):
        return None
    left = f"left it at {left_at}" if left_at else "never was on it"
    return (
        f"it has replayed {replica.lsn} of timeline {here}, and {writer.site} {left}: it can never "
        f"follow again - run: {as_a_replica(replica.site)}"
    )


def is_unknown(writer: SiteState, replica: SiteState) -> bool:
    """Whether a replica is on a timeline that the writer has left, who knows where."""
    here, there = replica.timeline, writer.timeline
    return bool(here and there and here < there and not writer.history)
