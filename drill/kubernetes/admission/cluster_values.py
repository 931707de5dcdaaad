"""The values of a Cluster that CloudNativePG's webhook refuses, in its own words.

From cloudnative-pg v1.30.0 internal/webhook/v1/cluster_webhook.go; `tests/contract` compares them.
"""

import base64
import json
import re
from typing import Any

from drill.kubernetes.objects.quantity import is_quantity, quantity
from drill.kubernetes.resource import Object
from topology.rules.parameters import OF_CLOUDNATIVE_PG

FIXED_PARAMETERS = frozenset(OF_CLOUDNATIVE_PG) - {"archive_mode"}
"""What the operator itself sets, or blocks. It admits `archive_mode`, and overwrites it."""
_MAJOR = re.compile(r":(\d+)[^/:]*(?:@.*)?$")
_TOKEN_FIELDS = {
    "latestCheckpointTimelineID": "LatestCheckpointTimelineID",
    "redoWalFile": "REDOWALFile",
    "databaseSystemIdentifier": "DatabaseSystemIdentifier",
    "latestCheckpointREDOLocation": "LatestCheckpointREDOLocation",
    "timeOfLatestCheckpoint": "TimeOfLatestCheckpoint",
    "operatorVersion": "OperatorVersion",
}


def refused_image(spec: Object) -> list[str]:
    """A tag that says nothing about the version."""
    image = str(spec.get("imageName") or "")
    if not image.endswith(":latest"):
        return []
    told = "Can't use 'latest' as image tag as we can't detect upgrades"
    return [invalid("spec.imageName", image, told)]


def refused_major(new: Object, old: Object) -> list[str]:
    """An image of an older major version than the data's."""
    of_data = (old.get("status", {}).get("pgDataImageInfo") or {}).get("majorVersion")
    tag = _MAJOR.search(str(new["spec"].get("imageName") or ""))
    if not of_data or tag is None or int(tag[1]) >= of_data:
        return []
    told = f"can't downgrade from major {of_data} to {tag[1]}"
    return [invalid("spec.imageName", tag[1], told)]


def refused_sizes(spec: Object) -> list[str]:
    """Volumes without a size, or with one that is no quantity."""
    volumes = {name: spec[name] for name in ("storage", "walStorage") if spec.get(name)}
    problems = []
    for name, volume in {"storage": {}, **volumes}.items():
        size = str(volume.get("size") or "")
        template = volume.get("pvcTemplate") or {}
        requested = ((template.get("resources") or {}).get("requests") or {}).get("storage")
        if size and not is_quantity(size):
            problems.append(invalid(f"spec.{name}.size", size, "Size value isn't valid"))
        if not size and not requested:
            told = "Size not configured. Please add it, or a storage request in the pvcTemplate."
            problems.append(invalid(f"spec.{name}.size", size, told))
    return problems


def refused_shrinking(new: Object, old: Object) -> list[str]:
    """Volumes that would be smaller than before."""
    both = [name for name in ("storage", "walStorage") if new.get(name) and old.get(name)]
    sizes = {name: (old[name].get("size"), new[name].get("size")) for name in both}
    return [
        invalid(f"spec.{name}", after, f"can't shrink existing storage from {before} to {after}")
        for name, (before, after) in sizes.items()
        if before and is_quantity(after or "") and quantity(after) < quantity(before)
    ]


def refused_parameters(spec: Object) -> list[str]:
    """Settings of PostgreSQL that are the operator's alone."""
    parameters = (spec.get("postgresql") or {}).get("parameters") or {}
    return [
        invalid(
            f"spec.postgresql.parameters.{name}", value, "Can't set fixed configuration parameter"
        )
        for name, value in sorted(parameters.items())
        if name in FIXED_PARAMETERS
    ]


def invalid(field: str, value: Any, told: str) -> str:
    """One broken rule."""
    return f"{field}: Invalid value: {json.dumps(value, separators=(',', ':'))}: {told}"


def refused_token(token: str) -> str | None:
    """Why a Cluster with this promotion token is refused, or None; whether it fits is not judged.

    From v1.30.0 pkg/utils/parser.go:195-320.
    """
    try:
        content = json.loads(base64.b64decode(token, validate=True))
    except ValueError as error:
        return f"Invalid promotionToken format: invalid promotion token: {error}"
    for key, name in _TOKEN_FIELDS.items():
        if not (isinstance(content, dict) and content.get(key)):
            return f"Invalid promotionToken content: invalid promotion token ({name} is empty)"
    return None
