"""How long a data volume lasts while its WAL waits for the archive: pure, from a site's document.

PostgreSQL removes no segment that is not archived, and stops when the volume is full. WAL, database
and dumps share it (docs/runbooks/data-volume-used.md), so all that is free on it counts.
"""

from collections.abc import Mapping
from typing import Any

_SEGMENT_BYTES = 16 * 1024 * 1024
WAITS_SECONDS = 60.0
"""A segment that waits for less is on its way, and its size over so short a time says nothing."""


def seconds_left(site: Mapping[str, Any]) -> float | None:
    """Until the volume of the leading instance is full, at the rate at which WAL piled up so far.

    None where nothing waits, or anything of it is unknown.
    """
    postgres, volumes = site.get("postgres"), site.get("volumes")
    if not postgres or not volumes:
        return None
    waited, waiting = float(postgres["archive_wait_seconds"]), postgres["archive_backlog_segments"]
    if waited < WAITS_SECONDS or not waiting:
        return None
    leading = (site.get("cluster") or {}).get("primary_pod")
    room = {each["pod"]: each["size_bytes"] - each["used_bytes"] for each in volumes}
    free = room[leading] if leading in room else min(room.values())
    return float(free * waited / (waiting * _SEGMENT_BYTES))
