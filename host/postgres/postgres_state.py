"""What one PostgreSQL says about itself."""

from dataclasses import dataclass
from math import ceil

from host.postgres.psql import Psql

SLOW_SECONDS = 20.0
"""A segment takes about two seconds from its end to S3 (docs/performance.md); what is slower for
twenty is told within thirty of whoever looks."""
STATE = """
select json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'version', current_setting('server_version'),
  'archive_mode', current_setting('archive_mode'),
  'system_identifier', (select system_identifier::text from pg_control_system()),
  'timeline', case when pg_is_in_recovery()
    then greatest((select timeline_id from pg_control_checkpoint()),
      (select max(('x' || left(name, 8))::bit(32)::int) from pg_ls_waldir()
        where length(name) = 24 and name !~ '[^0-9A-F]'))
    else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end,
  'lsn', case when pg_is_in_recovery()
    then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
  'replayed_commit_age_seconds',
    extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()),
  'last_archived_segment', a.last_archived_wal,
  'last_archived_age_seconds', extract(epoch from clock_timestamp() - a.last_archived_time),
  'archive_failed',
    coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false),
  'archive_backlog_segments',
    (select count(*) from pg_ls_archive_statusdir() where name like '%.ready'),
  'archive_wait_seconds',
    (select coalesce(extract(epoch from clock_timestamp() - min(modification)), 0)
      from pg_ls_archive_statusdir() where name like '%.ready'),
  'transaction_id_age', (select max(age(datfrozenxid)) from pg_database),
  'connections_used_percent',
    (select round(100.0 * count(*) / current_setting('max_connections')::int, 1)
      from pg_stat_activity where backend_type = 'client backend'))
from pg_stat_archiver a
"""


@dataclass(frozen=True, kw_only=True)
class PostgresState:
    """The leading instance: the writer, or the designated primary of a replica."""

    in_recovery: bool
    version: str
    archive_mode: str
    """`always` where it was started as a replica; the operator restarts it for `on` (recording 14).
    """
    system_identifier: str
    timeline: int
    """On a replica that of the newest WAL that it has, as its control file lags behind: a segment
    that it read, by stream or archive, is a file of that name."""
    lsn: str
    """Written so far on the writer, replayed so far on a replica."""
    replayed_commit_age_seconds: float | None
    """Age of the newest transaction that a replica has replayed."""
    last_archived_segment: str | None
    last_archived_age_seconds: float | None
    archive_failed: bool
    """Whether the last attempt to archive a segment failed."""
    archive_backlog_segments: int
    archive_wait_seconds: float
    """For how long the oldest of them has waited; 0 where none does."""
    transaction_id_age: int
    """Of the database whose oldest row waits longest for vacuum, in transactions."""
    connections_used_percent: float
    """Of max_connections."""

    @classmethod
    def read(cls, psql: Psql) -> "PostgresState":
        """Ask it."""
        return cls(**psql.query(f"{STATE};", read_only=True))

    @property
    def archive_slow(self) -> str | None:
        """What waits for the archive, for people; None where that keeps up.

        An archive that is slow rather than gone: each segment gets there, and the next wait
        meanwhile. No attempt fails and the newest heartbeat is not late before long, so the RPO
        grows unseen. What counts is the oldest segment that waits.
        """
        if self.archive_wait_seconds < SLOW_SECONDS:
            return None
        failed = "; the last attempt failed" if self.archive_failed else ""
        number = self.archive_backlog_segments
        segments = f"{number} WAL segment{'' if number == 1 else 's'}"
        return f"{segments} waiting, longest {ceil(self.archive_wait_seconds)} s{failed}"
