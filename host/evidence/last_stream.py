"""When this site was last seen to stream: what `degraded since` is told from.

`report` looks once a minute, so it is right to a minute. It outlives a restart of the machine.
"""

from datetime import UTC, datetime

from host.machine.machine import Files
from host.machine.paths import STATE

_PATH = f"{STATE}/last-stream"


def seen_at(files: Files) -> str | None:
    """UTC, ISO 8601; None where it never was."""
    if not files.exists(_PATH):
        return None
    return files.read(_PATH).decode(errors="replace").strip() or None


def saw(files: Files, now: datetime) -> None:
    """It streams now."""
    files.write(_PATH, now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode())
