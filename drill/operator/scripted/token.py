"""Demotion tokens of a PostgreSQL that does not exist: always at the same place of its timeline."""

import base64
import json
from datetime import UTC, datetime

from drill.operator.behaviour.seen import Verdict
from drill.operator.promotion_token import OPERATOR_VERSION
from drill.operator.scripted.archive import LSN, SYSTEM_ID


def of_timeline(timeline: int) -> str:
    """The token of a cluster that was stopped on a timeline."""
    content = {
        "latestCheckpointTimelineID": str(timeline),
        "redoWalFile": f"{timeline:08X}0000000000000001",
        "databaseSystemIdentifier": SYSTEM_ID,
        "latestCheckpointREDOLocation": LSN,
        "timeOfLatestCheckpoint": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "operatorVersion": OPERATOR_VERSION,
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


def judge(token: str, timeline: int) -> Verdict:
    """A token on a site that has replayed everything, and is on a timeline."""
    try:
        content = json.loads(base64.b64decode(token, validate=True))
        same = content["databaseSystemIdentifier"] == SYSTEM_ID
        later = int(content["latestCheckpointTimelineID"]) >= timeline
    except (ValueError, KeyError, TypeError):
        return "refused"
    return "valid" if same and later else "refused"
