"""Whether a replica streams from the other site's writer, and how far behind it heard last."""

from dataclasses import dataclass

STREAM = """
select json_build_object('received_lsn', flushed_lsn, 'announced_lsn', latest_end_lsn,
  'lacks_bytes', pg_wal_lsn_diff(latest_end_lsn, flushed_lsn),
  'heard_age_seconds', extract(epoch from clock_timestamp() - last_msg_receipt_time))
from pg_stat_wal_receiver where status = 'streaming' and pg_is_in_recovery()
  and latest_end_lsn is not null and flushed_lsn is not null
"""
"""No row where nothing is received, which is null in JSON."""
CLOSE_BYTES = 16 * 1024 * 1024
"""A segment. A writer that is busy has always announced a little more than has arrived; who lacks
more than that gets it later than a segment would come by the archive."""
QUIET_SECONDS = 10.0
"""A writer that is heard at all is heard every 2.5 s, half of the operator's wal_sender_timeout of
5 s, and the receiver ends after wal_receiver_timeout, 5 s too (cloudnative-pg v1.30.0
pkg/postgres/configuration.go). Twice that is no stream any more."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What the receiver of a replica says."""

    received_lsn: str
    """On this replica's disk."""
    announced_lsn: str
    """The end of the writer's WAL in its last message: what it had on its own disk then."""
    lacks_bytes: int
    """Of what was announced."""
    heard_age_seconds: float
    """Since that message came."""

    @property
    def is_close(self) -> bool:
        """Whether the promise of the stream holds."""
        return self.lacks_bytes <= CLOSE_BYTES and self.heard_age_seconds <= QUIET_SECONDS

    @property
    def complete_age_seconds(self) -> float | None:
        """How long ago all that the writer had was here; None where some of it is not."""
        return self.heard_age_seconds if self.lacks_bytes <= 0 else None
