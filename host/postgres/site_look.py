"""All that the state of a site needs of PostgreSQL, in one round of psql: each costs a second on a
busy machine, and who decides asks again and again.
"""

from dataclasses import dataclass

from host.postgres.control_data import REPLAY_NEEDS
from host.postgres.heartbeat_table import LOOK as HEARTBEAT
from host.postgres.heartbeat_table import REMEDY
from host.postgres.postgres_state import STATE, PostgresState
from host.postgres.psql import Psql, PsqlFailed, literal
from host.postgres.stalled_commits import SCRIPT as STALLED
from host.postgres.stalled_commits import sentence
from host.postgres.standbys import STANDBYS, Standbys
from host.postgres.stream import HEARD, STREAM, Stream
from host.postgres.unarchived import Unarchived

ANSWER_SECONDS = 20.0
"""Until a PostgreSQL that runs counts as one that does not answer; a whole look has 30."""
_NEEDS = ", ".join(map(literal, REPLAY_NEEDS))
_AGE = """
\\set age null
\\set peers_age null
\\if :heartbeat_own
select coalesce(min(age)::text, 'null') as age,
  coalesce((min(age) filter (where site = {peer}))::text, 'null') as peers_age
from pgtwin.heartbeat, extract(epoch from clock_timestamp() - at) age
where site in ({own}, {peer}) and isfinite(at) \\gset
\\endif
"""
_HISTORY = """
select json_object_agg(parent, left_at) from (
  select line[1] as parent, line[2] as left_at from regexp_matches(
    pg_read_file('pg_wal/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '.history',
      0, 1000000, true),
    E'^([0-9]+)\\t([0-9A-F]+/[0-9A-F]+)\\t', 'gn') line
  order by line[1]::int desc limit 100) newest
"""
"""A file that a promotion writes, with a line for each timeline before its own; no promotion, no
file. PostgreSQL never removes one."""
_LOOK = """
select json_build_object('state', ({state}), 'heartbeat_age_seconds', :age,
  'peers_row_age_seconds', :peers_age,
  'heartbeat_refused', :'heartbeat_refused', 'stalled', :'stalled'::json,
  'waiting', (select coalesce(json_agg(left(name, -6)), '[]')
    from pg_ls_archive_statusdir() where name like '%.ready'),
  'open_segment', case when not pg_is_in_recovery()
    then pg_walfile_name(pg_current_wal_lsn()) end,
  'replay_paused', pg_is_in_recovery() and pg_get_wal_replay_pause_state() <> 'not paused',
  'stream', ({stream}),
  'standbys', ({standbys}),
  'history', case when not pg_is_in_recovery() then ({history}) end,
  'settings', (select json_object_agg(name, setting) from pg_settings
    where name in ({needs})));
"""


@dataclass(frozen=True, kw_only=True)
class SiteLook:
    """What the leading instance said at one moment."""

    state: PostgresState
    heartbeat_age_seconds: float | None
    """Of the newest row readable here, whichever site wrote it: WAL is of one history, so what is
    behind that row is all that a promotion loses. None where there is none of ours."""
    peers_row_age_seconds: float | None
    """Of the peer's own row: young where this site replays what the peer writes now."""
    heartbeat_refused: str | None
    """Why the table is not pgtwin's own, and what to do; None where it is, or there is none."""
    unarchived: Unarchived
    replay_paused: bool
    """Whether this replica has stopped to replay."""
    history: dict[str, str] | None
    """The timelines before this writer's own, the newest hundred, and where each was left."""
    stream: Stream | None
    """Where this replica streams from the other site's writer."""
    standbys: Standbys
    """Who receives WAL from this instance."""
    settings: dict[str, str]
    """Those of `control_data.REPLAY_NEEDS`."""
    commits_stalled: str | None
    """Why commits hang; None where they do not."""


def look(site_psql: Psql, maintenance: Psql, *, own: str, peer: str) -> SiteLook:
    """Ask, also for the newest heartbeats of this site and of the other.

    It is asked in the site's own database, or in `postgres` where that is missing (in a clone).

    Raises:
        PsqlFailed: with what psql said.
    """
    age = _AGE.format(own=literal(own), peer=literal(peer))
    looked = _LOOK.format(
        state=STATE, stream=STREAM, standbys=STANDBYS, history=_HISTORY, needs=_NEEDS
    )
    script = HEARTBEAT + age + STALLED + HEARD + looked
    try:
        found = site_psql.query(script, timeout_seconds=ANSWER_SECONDS, read_only=True)
    except PsqlFailed as failed:
        if not failed.no_database:
            raise
        found = maintenance.query(script, timeout_seconds=ANSWER_SECONDS, read_only=True)
    refused = found["heartbeat_refused"]
    return SiteLook(
        state=PostgresState(**found["state"]),
        heartbeat_age_seconds=found["heartbeat_age_seconds"],
        peers_row_age_seconds=found["peers_row_age_seconds"],
        heartbeat_refused=f"{refused}; {REMEDY}" if refused else None,
        unarchived=Unarchived.of(found["waiting"], found["open_segment"]),
        replay_paused=found["replay_paused"],
        history=found["history"],
        stream=Stream(**found["stream"]) if found["stream"] else None,
        standbys=Standbys(**{name: tuple(each) for name, each in found["standbys"].items()}),
        settings=found["settings"],
        commits_stalled=sentence(found["stalled"]),
    )
