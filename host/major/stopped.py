"""Where the old version ended, and whether its archive has everything up to there."""

import re

from host.errors import Refused
from host.postgres.control_data import value

_STATE = re.compile(r"^Database cluster state:\s+(.+)$", re.MULTILINE)
_WAITING = re.compile(r"^(\S+)\.ready$", re.MULTILINE)
_FIRST_RECORD = 0x28
"""Where the first record of a segment begins: after its long page header."""
_SEGMENT_BYTES = 16 * 1024 * 1024


def stopped_at(control_data: str) -> str:
    """The position of the shutdown checkpoint, from what `control_data.COMMAND` prints: pure.

    A clean shutdown first switches to a new segment, which lets the archiver send the last one,
    and writes its checkpoint as the only record of the new one (PostgreSQL 17
    src/backend/access/transam/xlog.c, ShutdownXLOG). That record is all that the archive lacks.

    Raises:
        Refused: where the shutdown was not clean, or anything else was not archived.
    """
    state = _STATE.search(control_data)
    if state is None or state[1] != "shut down":
        raise Refused(f"PostgreSQL was not shut down cleanly: {state[1] if state else 'unknown'}")
    waiting = _WAITING.findall(control_data)
    if waiting:
        raise Refused(f"the archive does not have {', '.join(waiting[:5])} ({len(waiting)} in all)")
    position = value(control_data, "Latest checkpoint location") or "unknown"
    _, _, offset = position.partition("/")
    if not offset or int(offset, 16) % _SEGMENT_BYTES != _FIRST_RECORD:
        raise Refused(f"the WAL ends at {position}, beyond what was archived")
    return position
