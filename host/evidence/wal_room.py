"""How long a data volume lasts while its WAL waits for the archive: pure.

PostgreSQL removes no segment that is not archived, and stops when the volume is full. WAL, database
and dumps share it (docs/runbooks/data-volume-used.md), so all that is free on it counts.
"""

from collections.abc import Sequence

from host.evidence.status_document import VolumeStatus
from host.postgres.postgres_state import PostgresState

_SEGMENT_BYTES = 16 * 1024 * 1024
_HOUR = 3600
_WAITS_SECONDS = 60.0
"""A segment that waits for less is on its way, and its size over so short a time says nothing."""
NO_END = 1000.0
"""Hours, where WAL does not pile up: there is a number to report at every moment."""


def hours_left(
    postgres: PostgresState | None, volumes: Sequence[VolumeStatus] | None, leading: str | None
) -> float | None:
    """Until the volume of the leading instance is full, at the rate at which WAL piled up so far.

    None where anything of it is unknown; at most `NO_END`.
    """
    if postgres is None or not volumes:
        return None
    waited, waiting = postgres.archive_wait_seconds, postgres.archive_backlog_segments
    if waited < _WAITS_SECONDS or not waiting:
        return NO_END
    room = {each.pod: each.size_bytes - each.used_bytes for each in volumes}
    free = room[leading] if leading in room else min(room.values())
    return min(NO_END, round(free * waited / (waiting * _SEGMENT_BYTES) / _HOUR, 2))
