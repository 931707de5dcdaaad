"""What the leading instance says of the other region: the look that its guard decides by.

What always holds: only a writer answers. What is written is read before what has arrived, so the
region has all that was acknowledged before the look where it has that. A connection that has not
told yet where its WAL ends is no row, since PostgreSQL calls it `async` whatever the list says
(walsender.c, pg_stat_get_wal_senders). Of several connections under the name, as for a while after
a path was cut, the one that has most counts, and how many there are is told.

Where PostgreSQL waited for nobody before, its sessions go by a flag that the checkpointer alone
sets when it reads the list (syncrep.c, SyncRepUpdateSyncStandbysDefined). It reads what has changed
before each of its two rests (checkpointer.c, the loop and CheckpointWriteDelay), and a change wakes
it from both; while it waits for a disk it has neither of their wait events. So one that is seen at
rest, longer after a change than a process takes to wake up, has read it. That is looked at before
`written`.
"""

import logging

from host.errors import HostError
from host.postgres.psql import Psql, literal
from host.writer.region_seen import Look, Region

ON_ITS_WAY_SECONDS = 1.0
"""What was written may take that long to arrive, and to be acknowledged: longer than a round trip
between any two regions. Only where something is missing it is waited for."""
_LOOK = """
select not pg_is_in_recovery() as writes \\gset
\\if :writes
select coalesce((select wait_event in ('CheckpointerMain', 'CheckpointWriteDelay')
    from pg_stat_activity where backend_type = 'checkpointer'), false) as at_rest \\gset
select pg_current_wal_flush_lsn() as written \\gset
select count(pg_sleep(case when flush_lsn < :'written' then {seconds} else 0 end))
  as looked from pg_stat_replication
  where application_name = {name} and flush_lsn is not null \\gset
select json_build_object(
  'at_rest', :'at_rest'::boolean,
  'written', pg_wal_lsn_diff(:'written', '0/0')::bigint,
  'region', (select json_build_object('streaming', state = 'streaming',
      'sync_state', sync_state, 'flushed', pg_wal_lsn_diff(flush_lsn, '0/0')::bigint,
      'connections', connections)
    from (select *, count(*) over () as connections
      from pg_stat_replication where application_name = {name}) each
    where flush_lsn is not null
    order by state = 'streaming' desc, flush_lsn desc limit 1));
\\endif
"""
_ANSWER_SECONDS = 5.0
"""What is slower is unknown. Nothing here waits for a standby: it only reads."""
_log = logging.getLogger(__name__)


def look(psql: Psql, name: str) -> Look | None:
    """Ask; `name` is what the region streams under. None where no writer answers."""
    try:
        script = _LOOK.format(name=literal(name), seconds=ON_ITS_WAY_SECONDS)
        found = psql.query(script, timeout_seconds=_ANSWER_SECONDS, read_only=True)
    except HostError as error:
        _log.info("it is unknown what the other region has: %s", error)
        return None
    if found is None:
        return None
    region = Region(**found["region"]) if found["region"] else None
    return Look(written=found["written"], region=region, at_rest=found["at_rest"])
