"""An archive in S3 without a database: real names and a real backup.info, made-up contents.

`backup.info` is written by barman's own class, so that barman-cloud reads it. A WAL segment holds
one line of text, the newest heartbeat, where a real one holds 16 MiB of WAL.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drill.kubernetes.resource import Object

_PLUGIN = "barman-cloud.cloudnative-pg.io"
LSN = "0/1000028"
"""Where every scripted PostgreSQL was shut down: the begin of its last checkpoint."""
SYSTEM_ID = "7450000000000000000"
"""The same on both sites: one is a copy of the other."""


@dataclass(frozen=True, kw_only=True)
class ScriptedArchive:
    """Where one server name archives, below `destinationPath`."""

    s3: Any
    bucket: str
    root: str
    """`physical/postgres-cluster/`."""

    @classmethod
    def of(cls, s3: Any, store: Object, server_name: str) -> "ScriptedArchive":
        """The archive of a server name in an ObjectStore."""
        path = store["spec"]["configuration"]["destinationPath"].removeprefix("s3://")
        bucket, _, prefix = path.rstrip("/").partition("/")
        return cls(s3=s3, bucket=bucket, root=f"{prefix}/{server_name}/")

    def is_empty(self) -> bool:
        """Whether nothing was ever archived here."""
        return not self._names("")

    def base_backups(self) -> list[str]:
        """The ids of the finished base backups, the oldest first."""
        infos = [name for name in self._names("base/") if name.endswith("/backup.info")]
        return [name.split("/")[-2] for name in infos if b"status=DONE" in self._read(name)]

    def take_base_backup(self, *, timeline: int) -> str:
        """Write a finished base backup; its id."""
        import barman.output  # noqa: F401  (barman.infofile cannot be imported first)
        from barman.infofile import BackupInfo

        now = datetime.now(UTC)
        backup_id = now.strftime("%Y%m%dT%H%M%S")
        info = BackupInfo(backup_id)
        segment = self._segment(timeline)
        for name, value in {
            "status": "DONE",
            "begin_time": now,
            "end_time": now,
            "timeline": timeline,
            "systemid": SYSTEM_ID,
            "begin_wal": segment,
            "end_wal": segment,
        }.items():
            info.set_attribute(name, value)
        content = io.BytesIO()
        info.save(file_object=content)
        folder = f"base/{backup_id}"
        self._write(f"{folder}/data.tar", b"")
        self._write(f"{folder}/backup.info", content.getvalue())
        return backup_id

    def archive_segment(self, *, timeline: int, content: str) -> None:
        """Archive the next WAL segment."""
        segment = self._segment(timeline)
        self._write(f"wals/{segment[:16]}/{segment}", content.encode())

    def newest_segment_name(self) -> str | None:
        """The name of the newest WAL segment."""
        names = self._names("wals/")
        return names[-1].rpartition("/")[2] if names else None

    def newest_segment(self) -> str | None:
        """The content of the newest WAL segment."""
        name = self.newest_segment_name()
        return self._read(f"{self.root}wals/{name[:16]}/{name}").decode() if name else None

    def timeline(self) -> int:
        """The timeline of the newest WAL segment; 1 where there is none."""
        return int((self.newest_segment_name() or "00000001")[:8], 16)

    def _segment(self, timeline: int) -> str:
        count = len(self._names("wals/"))
        return f"{timeline:08X}00000000{count + 1:08X}"

    def _names(self, below: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.root + below
        )
        return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))

    def _read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def _write(self, name: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=self.root + name, Body=content)


ArchiveOf = Callable[[Object, Object | None], ScriptedArchive | None]
"""From a Cluster and one of its plugin entries to the archive; None while it has no ObjectStore."""


def archive_parameters(plugin: Object, cluster: str) -> tuple[str, str]:
    """The names of the ObjectStore and of the server that a plugin entry means."""
    parameters = plugin.get("parameters", {})
    return parameters["barmanObjectName"], parameters.get("serverName") or cluster


def own_plugin(spec: Object) -> Object | None:
    """The plugin entry by which a Cluster archives."""
    plugins = spec.get("plugins") or ()
    return next((p for p in plugins if p["name"] == _PLUGIN and p.get("isWALArchiver")), None)


def source_plugin(spec: Object, name: str) -> Object | None:
    """The plugin entry of an external cluster."""
    for external in spec.get("externalClusters") or ():
        if external["name"] == name:
            found: Object | None = external.get("plugin")
            return found
    return None
