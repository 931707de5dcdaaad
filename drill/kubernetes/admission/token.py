"""What CloudNativePG's webhook asks of a promotion token (v1.30.0 pkg/utils/parser.go:195-320)."""

import base64
import json

_FIELDS = {
    "latestCheckpointTimelineID": "LatestCheckpointTimelineID",
    "redoWalFile": "REDOWALFile",
    "databaseSystemIdentifier": "DatabaseSystemIdentifier",
    "latestCheckpointREDOLocation": "LatestCheckpointREDOLocation",
    "timeOfLatestCheckpoint": "TimeOfLatestCheckpoint",
    "operatorVersion": "OperatorVersion",
}


def objection(token: str) -> str | None:
    """Why a Cluster with this token is refused, or None; whether it fits is not judged here."""
    try:
        content = json.loads(base64.b64decode(token, validate=True))
    except ValueError as error:
        return f"Invalid promotionToken format: invalid promotion token: {error}"
    for key, name in _FIELDS.items():
        if not (isinstance(content, dict) and content.get(key)):
            return f"Invalid promotionToken content: invalid promotion token ({name} is empty)"
    return None
