"""What a long run writes after each part, so that the next run of the same code continues it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write the document, at once for every reader."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def parts(path: Path, field: str, *, source: str) -> list[dict[str, Any]]:
    """The parts under `field`; none where it is of other code than `source`, or not there."""
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    return list(found[field]) if found.get("source") == source else []
