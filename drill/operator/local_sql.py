"""SQL as superuser over the socket of a PostgreSQL on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_REPORT = """
SELECT pg_is_in_recovery(),
  EXISTS (SELECT FROM pg_settings WHERE pending_restart),
  CASE WHEN NOT pg_is_in_recovery()
    THEN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  (SELECT last_failed_time IS NULL OR coalesce(last_archived_time >= last_failed_time, false)
    FROM pg_stat_archiver)
"""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a running instance says of itself."""

    in_recovery: bool
    needs_restart: bool
    timeline: int | None
    """None in recovery."""
    archives: bool
    """Whether the last segment that was tried is in the archive."""


class LocalSql:
    """One PostgreSQL, by its socket."""

    def __init__(self, *, sockets: Path, port: int) -> None:
        self.sockets = sockets
        self.port = port

    def report(self) -> Report | None:
        """What it says of itself; None while it does not answer."""
        try:
            ((in_recovery, needs_restart, timeline, archives),) = self.query(_REPORT)
        except psycopg.OperationalError:
            return None
        return Report(
            in_recovery=in_recovery,
            needs_restart=needs_restart,
            timeline=timeline,
            archives=bool(archives),
        )

    def answers(self) -> bool:
        """Whether it accepts connections now; a standby does so once it is consistent."""
        try:
            self.value("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def in_recovery(self) -> bool:
        """Whether it is a standby at this moment."""
        return bool(self.value("SELECT pg_is_in_recovery()"))

    def value(self, sql: str, database: str = "postgres") -> Any:
        """The first column of the first row."""
        rows = self.query(sql, database)
        return rows[0][0] if rows else None

    def query(
        self,
        sql: str,
        database: str = "postgres",
        values: Sequence[Any] = (),
        *,
        commit_locally: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Run SQL as the superuser; `commit_locally` waits for no synchronous standby."""
        with psycopg.connect(
            host=str(self.sockets),
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=30,
            options="-c synchronous_commit=local" if commit_locally else "",
        ) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []
