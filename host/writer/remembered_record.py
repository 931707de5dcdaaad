"""The newest copy of the record that this machine has seen, also before its last start.

A copy that is older than this one never counts: a put of the record that lands late, or a region
whose copy was restored, cannot bring back a decision that was overtaken.
"""

import json
from dataclasses import replace

from host.machine.machine import Files
from host.machine.paths import STATE
from host.writer.record import NO_PROMOTION, Record

_PATH = f"{STATE}/newest-record.json"


def remembered(files: Files) -> Record | None:
    """What was remembered; it permits no promotion, since its token was not kept."""
    if not files.exists(_PATH):
        return None
    kept = Record.readable(files.read(_PATH).decode(errors="replace"), _PATH)
    return None if kept is None else replace(kept, token=NO_PROMOTION)


def remember(files: Files, now: Record | None) -> None:
    """Keep a copy if it is newer than the one that is kept."""
    before = remembered(files)
    if now is None or now.contested or (before is not None and before.epoch >= now.epoch):
        return
    known = {"epoch": now.epoch, "writer": now.writer, "server_names": now.server_names}
    files.write(_PATH, json.dumps(known).encode())
