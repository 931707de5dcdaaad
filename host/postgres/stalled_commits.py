"""Commits that hang: a volume that stalls, or no standby to wait for.

PostgreSQL answers queries meanwhile and is out of recovery, so everything else looks well
(cloudnative-pg issue 10678: commits hung for hours, and nothing failed over). What counts: a
session that waits for its WAL to be on disk or on a standby in two looks, in a statement that is
older than both. A disk that is only busy does not count: more WAL was flushed between the two.

Wait events: PostgreSQL 18 documentation, "The Cumulative Statistics System"; before 17 they were
written in another case.
"""

from typing import Any

OLD_SECONDS = 5
"""What is younger may be on its way."""
BETWEEN_SECONDS = 2
_WAITS = f"""
state = 'active' and backend_type = 'client backend'
and lower(wait_event) in ('walsync', 'walwrite', 'syncrep')
and clock_timestamp() - query_start > interval '{OLD_SECONDS} s'
"""
SCRIPT = f"""
\\set stalled null
select exists (select from pg_stat_activity where {_WAITS}) as waits \\gset
\\if :waits
select coalesce(array_agg(pid)::text, '{{}}') as pids, pg_current_wal_flush_lsn() as flushed
from pg_stat_activity where {_WAITS} \\gset
select pg_sleep({BETWEEN_SECONDS}) as slept \\gset
select coalesce((select json_build_object('sessions', count(*), 'event', min(wait_event),
    'seconds', extract(epoch from max(clock_timestamp() - query_start))::int)
  from pg_stat_activity where {_WAITS} and pid = any(:'pids'::int[])
    and (lower(wait_event) = 'syncrep' or pg_current_wal_flush_lsn()::text = :'flushed')
  having count(*) > 0)::text, 'null') as stalled \\gset
\\endif
"""  # noqa: S608 (constants of this module)
"""Leaves the psql variable `stalled`: JSON, null where nothing hangs. It costs the time between two
looks only where a session waits."""


def sentence(stalled: dict[str, Any] | None) -> str | None:
    """What `SCRIPT` found, for people; None where nothing hangs."""
    if stalled is None:
        return None
    event = stalled["event"]
    whom = "a standby" if event.lower() == "syncrep" else "the disk"
    number = stalled["sessions"]
    sessions = f"{number} session{'' if number == 1 else 's'}"
    return f"{sessions} waiting for {whom} ({event}), longest {stalled['seconds']} s"
