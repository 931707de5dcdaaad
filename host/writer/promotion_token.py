"""What a demotion token says: where the former writer stopped.

CloudNativePG's own encoding: base64 of JSON (pkg/promotiontoken). Here is refused what no waiting
can make right; that everything up to the token was replayed is for the operator to judge.
"""

import base64
import json

from host.postgres.postgres_state import PostgresState

_SEGMENT_BYTES = 16 * 1024 * 1024
"""The token names the begin of the shutdown checkpoint, in the last segment of its timeline: replay
may stand behind that, but never by a whole segment."""


def objection(token: str, state: PostgresState) -> str | None:
    """Why a token can never promote the replica in this state, or None."""
    try:
        content = json.loads(base64.b64decode(token, validate=True))
        system = str(content["databaseSystemIdentifier"])
        timeline = int(content["latestCheckpointTimelineID"])
        stopped_at = lsn_bytes(content["latestCheckpointREDOLocation"])
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return "it is not a demotion token"
    if system != state.system_identifier:
        return f"it is of database system {system}, this one is {state.system_identifier}"
    if timeline < state.timeline:
        return f"it is of timeline {timeline}, this site is on {state.timeline} already"
    if timeline == state.timeline and stopped_at + _SEGMENT_BYTES < lsn_bytes(state.lsn):
        return f"this site has replayed {state.lsn}, past where the token says the writer stopped"
    return None


def was_replayed(token: str, state: PostgresState) -> bool:
    """Whether the replica has replayed the shutdown checkpoint that a valid token names."""
    content = json.loads(base64.b64decode(token))
    return lsn_bytes(state.lsn) > lsn_bytes(content["latestCheckpointREDOLocation"])


def lsn_bytes(lsn: str) -> int:
    """An LSN such as 0/3000028 as a position in bytes."""
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)
