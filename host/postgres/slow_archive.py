"""An archive that is slow rather than gone: each segment gets there, and the next wait meanwhile.

Neither an attempt fails nor does the newest heartbeat come too late before long, so that the RPO
grows unseen. What counts: the oldest segment that waits.
"""

from math import ceil

from host.postgres.postgres_state import PostgresState

SLOW_SECONDS = 20.0
"""A segment takes about two seconds from its end to S3 (docs/performance.md); what is slower for
twenty is told within thirty of whoever looks."""


def sentence(state: PostgresState) -> str | None:
    """What waits for the archive, for people; None where that keeps up."""
    if state.archive_wait_seconds < SLOW_SECONDS:
        return None
    failed = "; the last attempt failed" if state.archive_failed else ""
    return (
        f"WAL segments that wait for it: {state.archive_backlog_segments}, "
        f"for {ceil(state.archive_wait_seconds)} s at most{failed}"
    )
