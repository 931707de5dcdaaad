"""A base backup that ends half-way, the next one, and retention over both."""

import json
import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from drill.operator.reaper import processes_in
from drill.pgtwin_command import CommandRefused
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

BACKUP_SECONDS = 60.0


def act(stage: Stage) -> Measured:
    """Kill barman-cloud-backup in the middle, take another, and let retention run."""
    prefix = f"physical/{stage.server_name('primary')}/base/"
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


def _interrupt(stage: Stage, prefix: str) -> None:
    """Hold the uploads back so that the backup is half-way for sure, then kill it."""
    stage.twin.aws.throttle(stage.twin.bucket("primary"), prefix, seconds=600)
    failure: list[Exception] = []

    def back_up() -> None:
        try:
            stage.twin.pgtwin("backup", "now", "--site", "primary")
        except CommandRefused as refused:
            failure.append(refused)

    running = threading.Thread(target=back_up)
    running.start()
    stage.wait(lambda: _backups_running(stage), 60, "the base backup to begin")
    for pid in _backups_running(stage):
        os.kill(pid, signal.SIGKILL)
    stage.twin.aws.throttle(stage.twin.bucket("primary"), prefix, seconds=0)
    running.join(60)
    expect(failure, "an interrupted base backup is reported as failed")


def _backups_running(stage: Stage) -> list[int]:
    directory = stage.twin.sites["primary"].operator.directory
    return [pid for pid in processes_in(directory) if "barman-cloud-backup" in _command(pid)]


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _retain(stage: Stage, prefix: str, complete: list[str]) -> dict[str, Any]:
    """Age the oldest base backup past the window: it is still what the window's start needs."""
    s3, bucket = stage.s3("primary"), stage.twin.bucket("primary")
    oldest, days = complete[0], stage.twin.topology.backups.retention_days
    key = f"{prefix}{oldest}/backup.info"
    info = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    old = datetime.now(UTC) - timedelta(days=days + 1)
    lines = [
        f"end_time={old.isoformat()}" if line.startswith("end_time=") else line
        for line in info.splitlines()
    ]
    s3.put_object(Bucket=bucket, Key=key, Body="\n".join(lines).encode() + b"\n")
    first_wal = _value(info, "begin_wal")
    controller = stage.twin.sites["primary"].operator.backups
    controller.enforce_retention(stage.twin.topology.primary.cluster)
    expect(oldest in _finished(stage, prefix), "the oldest restorable point keeps its base backup")
    wals = prefix.replace("/base/", f"/wals/{first_wal[:16]}/{first_wal}")
    expect(stage.keys("primary", wals), "and the WAL that it begins with")
    s3.put_object(Bucket=bucket, Key=key, Body=info.encode())
    return {"retention_days": days, "kept_after_retention": oldest}


def _finished(stage: Stage, prefix: str) -> list[str]:
    s3, bucket = stage.s3("primary"), stage.twin.bucket("primary")
    found = []
    for key in stage.keys("primary", prefix):
        if key.endswith("/backup.info"):
            info = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
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
    bound=lambda _: BACKUP_SECONDS,
)
