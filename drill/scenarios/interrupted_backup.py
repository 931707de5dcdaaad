"""A base backup that ends half-way, the next one, and retention over both."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from drill.pgtwin_command import COMMAND_SECONDS, KILLED, TIMED_OUT, CommandRefused
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

BACKUP_SECONDS = 60.0


def act(stage: Stage) -> Measured:
    """Kill barman-cloud-backup in the middle, take another, and let retention run."""
    prefix = f"{stage.archive('primary')}/base/"
    stage.wait(lambda: _has_all(stage), 60, "the first base backup of the primary")
    finished = _finished(stage, prefix)
    _interrupt(stage, prefix)
    expect(_finished(stage, prefix) == finished, "an interrupted base backup never counts as one")
    began = datetime.now(UTC)
    stage.twin.pgtwin("backup", "now", "--site", "primary")
    seconds = (datetime.now(UTC) - began).total_seconds()
    complete = _finished(stage, prefix)
    expect(len(complete) == len(finished) + 1, "the next base backup is complete")
    kept = _retain(stage, prefix, complete)
    return Measured(seconds=seconds, details={"base_backups": len(complete), **kept})


def _has_all(stage: Stage) -> bool:
    return stage.has_backup("primary") and not stage.backs_up("primary")


def _interrupt(stage: Stage, prefix: str) -> None:
    """Hold the uploads back so that the backup is half-way for sure, then kill it."""
    bucket, site = stage.bucket("primary"), stage.twin.sites["primary"]
    failure: list[CommandRefused] = []

    def back_up() -> None:
        try:
            stage.twin.pgtwin("backup", "now", "--site", "primary")
        except CommandRefused as refused:
            failure.append(refused)

    running = threading.Thread(target=back_up, daemon=True)
    with bucket.refusing(prefix):
        running.start()
        stage.wait(site.kill_backups, 60, "a base backup to kill")
    stage.wait(lambda: not running.is_alive(), COMMAND_SECONDS, "the end of `pgtwin backup now`")
    expect(failure, "an interrupted base backup is reported as failed")
    if failure[0].exit_code in (TIMED_OUT, KILLED):
        raise failure[0]


def _retain(stage: Stage, prefix: str, complete: list[str]) -> dict[str, Any]:
    """Age the oldest base backup past the window: it is still what the window's start needs."""
    bucket = stage.bucket("primary")
    oldest, days = complete[0], stage.twin.topology.backups.retention_days
    key = f"{prefix}{oldest}/backup.info"
    info = bucket.read(key).decode()
    old = datetime.now(UTC) - timedelta(days=days + 1)
    lines = [
        f"end_time={old.isoformat()}" if line.startswith("end_time=") else line
        for line in info.splitlines()
    ]
    bucket.write(key, "\n".join(lines).encode() + b"\n")
    first_wal = _value(info, "begin_wal")
    stage.twin.sites["primary"].enforce_retention()
    expect(oldest in _finished(stage, prefix), "the oldest restorable point keeps its base backup")
    wals = prefix.replace("/base/", f"/wals/{first_wal[:16]}/{first_wal}")
    expect(bucket.keys(wals), "and the WAL that it begins with")
    bucket.write(key, info.encode())
    return {"retention_days": days, "kept_after_retention": oldest}


def _finished(stage: Stage, prefix: str) -> list[str]:
    bucket = stage.bucket("primary")
    found = []
    for key in bucket.keys(prefix):
        if key.endswith("/backup.info"):
            info = bucket.read(key).decode()
            if _value(info, "status") == "DONE":
                found.append(key.split("/")[-2])
    return sorted(found)


def _value(info: str, name: str) -> str:
    for line in info.splitlines():
        if line.startswith(f"{name}="):
            return line.partition("=")[2]
    raise LookupError(f"backup.info has no {name}: {json.dumps(info)[:200]}")


SCENARIO = Scenario(
    name="interrupted-backup",
    sentence="A base backup interrupted half-way is never used, the next one is complete within "
    "{bound}, and retention keeps what the oldest restorable point needs.",
    act=act,
    repeatable=True,
    needs=frozenset({"refused writes", "retention on demand"}),
    bound=lambda _: BACKUP_SECONDS,
)
