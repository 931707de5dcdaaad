"""When this site was last seen to stream: what `degraded since` is told from.

`report` looks once a minute, so it is right to a minute. It outlives a restart of the machine, and
no change of the writer and no clone: what streamed then was another replica's life.
"""

from datetime import UTC, datetime

from host.machine.machine import Files
from host.machine.paths import STATE

_PATH = f"{STATE}/last-stream"


def life(epoch: int | None, server_name: str | None) -> str | None:
    """What the life of a replica is told by; None where that is not known."""
    return None if epoch is None or not server_name else f"{epoch} {server_name}"


def seen_at(files: Files, life: str | None) -> str | None:
    """UTC, ISO 8601; None where it never was in this life, or that is not known."""
    if life is None or not files.exists(_PATH):
        return None
    at, _, noted = files.read(_PATH).decode(errors="replace").strip().partition(" ")
    return at if noted == life else None


def saw(files: Files, now: datetime, life: str | None) -> None:
    """It streams now."""
    if life is not None:
        at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        files.write(_PATH, f"{at} {life}".encode())
