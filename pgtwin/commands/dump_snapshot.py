"""What dump.sh wrote beside a dump. It comes from a bucket, so nothing of it is trusted."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ENCODING = re.compile(r"[A-Z][A-Z0-9_]{0,30}")


@dataclass(frozen=True, kw_only=True)
class DumpSnapshot:
    """What a restore elsewhere needs to know."""

    roles: tuple[str, ...] | None
    """Those that the dump speaks of; None where an older dump does not name them."""
    encoding: str | None
    """Of the database; None likewise."""
    not_held: dict[str, list[str]]
    """What the dump itself cannot hold, by kind."""


def read_snapshot(folder: Path) -> DumpSnapshot:
    """From the folder of a dump; what is not as dump.sh writes it counts as not there."""
    try:
        found = json.loads((folder / "SNAPSHOT").read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, RecursionError):
        found = None
    document: dict[str, Any] = found if isinstance(found, dict) else {}
    roles, encoding, not_held = (document.get(key) for key in ("roles", "encoding", "not_held"))
    known = isinstance(encoding, str) and _ENCODING.fullmatch(encoding)
    return DumpSnapshot(
        roles=tuple(_texts(roles)) if isinstance(roles, list) else None,
        encoding=encoding if known else None,
        not_held={kind: _texts(names) for kind, names in not_held.items()}
        if isinstance(not_held, dict)
        else {},
    )


def _texts(values: Any) -> list[str]:
    found = values if isinstance(values, list) else []
    return [each for each in found if isinstance(each, str) and "\0" not in each]
