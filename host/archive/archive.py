"""Base backups and WAL of one cluster in its bucket, as barman-cloud lays them out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_SEGMENT_BYTES = 16 * 1024 * 1024
_SEGMENT = re.compile(r"[0-9A-F]{8}(?P<log>[0-9A-F]{8})(?P<number>[0-9A-F]{8})(\.[a-z0-9]{2,6})?")
"""A segment with the suffix of its compression; `.partial`, `.backup` and `.history` are none."""


@dataclass(frozen=True, kw_only=True)
class BaseBackup:
    """A finished base backup: what its `backup.info` says."""

    backup_id: str
    ended: datetime
    """In UTC; the archive can be restored to any moment after it."""
    timeline: int

    @classmethod
    def parse(cls, backup_id: str, text: str) -> "BaseBackup | None":
        """Read a `backup.info`; None where the backup is not finished (status DONE)."""
        fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if fields.get("status") != "DONE":
            return None
        ended = datetime.fromisoformat(fields["end_time"])
        return cls(
            backup_id=backup_id,
            ended=ended if ended.tzinfo else ended.replace(tzinfo=UTC),
            timeline=int(fields["timeline"]),
        )


@dataclass(frozen=True, kw_only=True)
class Archive:
    """`s3://<bucket>/<prefix>/<server name>/{base,wals}/`."""

    s3: Any
    bucket: str
    prefix: str
    server_name: str

    @property
    def url(self) -> str:
        """For messages."""
        return f"s3://{self.bucket}/{self._root}"

    def is_empty(self) -> bool:
        """Whether nothing was ever archived here; so it is before the bucket exists."""
        try:
            found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self._root, MaxKeys=1)
        except self.s3.exceptions.NoSuchBucket:
            return True
        return not found.get("Contents")

    def base_backups(self, *, newest_first: bool = True) -> Iterator[BaseBackup]:
        """The finished ones in the order of their start; each costs one request."""
        found = folders(self.s3, self.bucket, f"{self._root}base/")
        for folder in reversed(found) if newest_first else found:
            name = folder.rstrip("/").rpartition("/")[2]
            backup = BaseBackup.parse(name, self._info(folder))
            if backup:
                yield backup

    def holds_wal(self, lsn: str) -> bool:
        """Whether the segment that holds the position `lsn` (`0/3000148`) has arrived, or a later.

        Segments are archived in order, so whatever a replay to there needs is there as well.
        """
        wanted = segment_of(lsn)
        for folder in folders(self.s3, self.bucket, f"{self._root}wals/"):
            log = folder.rstrip("/").rpartition("/")[2][8:]
            if int(log, 16) >= wanted[0] and any(
                segment >= wanted for segment in self._segments(folder)
            ):
                return True
        return False

    def _segments(self, folder: str) -> Iterator[tuple[int, int]]:
        """Log and number of each whole segment in a folder of barman-cloud's."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=folder)
        for item in (each for page in pages for each in page.get("Contents", ())):
            found = _SEGMENT.fullmatch(item["Key"].rpartition("/")[2])
            if found:
                yield int(found["log"], 16), int(found["number"], 16)

    @property
    def _root(self) -> str:
        return f"{self.prefix}/{self.server_name}/"

    def _info(self, folder: str) -> str:
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=f"{folder}backup.info")
        except self.s3.exceptions.NoSuchKey:
            return ""
        text: str = found["Body"].read().decode()
        return text


def segment_of(lsn: str) -> tuple[int, int]:
    """Which segment holds a position of the WAL: its log and its number, as in its name."""
    log, _, offset = lsn.partition("/")
    return int(log, 16), int(offset, 16) // _SEGMENT_BYTES


def folders(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The sorted "folders" directly below a prefix, each with its closing slash."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    return sorted(item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ()))
