"""Whether a replica streams from the other site's writer, and how far behind it heard last.

What always holds: only a message of the writer counts as heard. A receiver that has logged in and
got nothing is `streaming` too, with the moment of its start as the time of a message and with the
writer's position of an earlier connection (PostgreSQL's walreceiver.c, up to 18). Both times of a
real message are never the same: they are of two clocks, and it takes a while to come.
"""

from dataclasses import dataclass

CLOSE_BYTES = 16 * 1024 * 1024
"""A segment. Who lacks more than that gets it later than a segment would come by the archive."""
LATE_SECONDS = 10.0
"""A stream that lacks less is none either where this is no younger: what it lacks may be old, and
over a slow path a segment is minutes."""
QUIET_SECONDS = 10.0
"""A writer that is heard at all is heard every 2.5 s, half of the operator's wal_sender_timeout of
5 s, and the receiver ends after wal_receiver_timeout, 5 s too (cloudnative-pg v1.30.0
pkg/postgres/configuration.go). Twice that is no stream any more."""
_UNDER_WAY_SECONDS = 0.5
"""A writer that is busy has always announced a little more than has arrived. What was announced and
is here so much later was under way."""
_RECEIVER = """
from pg_stat_wal_receiver where status = 'streaming' and pg_is_in_recovery()
  and flushed_lsn is not null and last_msg_send_time <> last_msg_receipt_time
  and latest_end_lsn >= pg_last_wal_replay_lsn()
"""
HEARD = f"""
select coalesce(max(latest_end_lsn::text), '') as announced,
  coalesce(max(least(last_msg_send_time, last_msg_receipt_time)::text), '') as heard_at,
  coalesce(bool_or(flushed_lsn < latest_end_lsn), false) as lacks {_RECEIVER} \\gset
\\if :lacks
select pg_sleep({_UNDER_WAY_SECONDS}) as slept \\gset
\\endif
"""
"""Leaves the psql variables of `STREAM`. It costs time only where something is under way."""


def stream(*, announced: str, heard_at: str) -> str:
    """The SELECT of a `Stream`: what has arrived by now of what was `announced` at `heard_at`.

    No row where nothing is received, which is null in JSON.
    """
    return f"""
select json_build_object('lacks_bytes', pg_wal_lsn_diff({announced}, flushed_lsn),
  'heard_age_seconds', extract(epoch from clock_timestamp() - {heard_at}))
{_RECEIVER} and {announced} is not null
"""  # noqa: S608 (expressions of this program)


STREAM = stream(
    announced="nullif(:'announced', '')::pg_lsn", heard_at="nullif(:'heard_at', '')::timestamptz"
)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What the receiver of a replica says."""

    lacks_bytes: int
    """Of what the writer announced in its last message, which it had on its own disk then."""
    heard_age_seconds: float
    """Since that message was sent, or came, whichever is longer ago: clocks differ."""

    def is_close(self, *, newest_commit_age_seconds: float | None) -> bool:
        """Whether the promise of the stream holds, with the newest commit that has arrived."""
        if self.lacks_bytes > CLOSE_BYTES or self.heard_age_seconds > QUIET_SECONDS:
            return False
        ages = (self.complete_age_seconds, newest_commit_age_seconds)
        return any(age is not None and age <= LATE_SECONDS for age in ages)

    @property
    def complete_age_seconds(self) -> float | None:
        """How long ago all that the writer had was here; None where some of it is not."""
        return self.heard_age_seconds if self.lacks_bytes <= 0 else None
