"""Base backups and WAL of one cluster in its bucket, as barman-cloud lays them out.

What always holds: a base backup that cannot be read is none, and is said in the log; it never stops
who looks for another.
"""

import logging
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host.archive.object_moment import not_after, written_moment

_SEGMENT_BYTES = 16 * 1024 * 1024
_SEGMENT = re.compile(r"[0-9A-F]{8}(?P<log>[0-9A-F]{8})(?P<number>[0-9A-F]{8})(\.[a-z0-9]{2,6})?")
"""A segment with the suffix of its compression; `.partial`, `.backup` and `.history` are none."""
_VERSION = re.compile(r"(?P<major>[1-9][0-9])[0-9]{4}", re.ASCII)
"""`server_version_num` since PostgreSQL 10."""
_BACKUP_ID = re.compile(r"\d{8}T\d{6}", re.ASCII)
_LOG_FOLDER = re.compile(r"[0-9A-F]{8}(?P<log>[0-9A-F]{8})")
_INFO_BYTES = 1024 * 1024
"""A `backup.info` has a few KiB; more is never read."""
_TIMELINE_DIGITS = 10
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BaseBackup:
    """A finished base backup: what its `backup.info` says."""

    backup_id: str
    ended: datetime
    """In UTC; the archive can be restored to any moment after it."""
    timeline: int
    major: int | None = None
    """Of PostgreSQL; None where the file does not say it. A restore needs the same."""
    written: datetime
    """When S3 wrote its `backup.info`, which nobody can choose: what was written over, or made up
    with an old name, is new."""

    @classmethod
    def parse(cls, backup_id: str, text: str, written: datetime) -> "BaseBackup | None":
        """Read a `backup.info`; None where the backup is not finished (status DONE).

        It ended no later than S3 has `written` the file.

        Raises:
            ValueError: where it is no `backup.info`; the message names the field.
        """
        fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if fields.get("status") != "DONE":
            return None
        if not _BACKUP_ID.fullmatch(backup_id):
            raise ValueError(f"id: a moment such as 20261122T020000, not {backup_id!r:.40}")
        timeline = fields.get("timeline", "")
        if not (timeline.isascii() and timeline.isdecimal() and len(timeline) <= _TIMELINE_DIGITS):
            raise ValueError(f"timeline: a whole number, not {timeline!r:.40}")
        ended = not_after(written_moment(fields.get("end_time", "")), written)
        version = _VERSION.fullmatch(fields.get("version", ""))
        return cls(
            backup_id=backup_id,
            ended=ended,
            timeline=int(timeline),
            major=int(version["major"]) if version else None,
            written=written,
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
            backup = self._base_backup(folder)
            if backup:
                yield backup

    def holds_wal(self, lsn: str) -> bool:
        """Whether the segment that holds the position `lsn` (`0/3000148`) has arrived, or a later.

        One instance archives them in order, so whatever a replay to there needs is there as well,
        but for what a lost instance left out (`hole.py`).
        """
        wanted = segment_of(lsn)
        for folder in folders(self.s3, self.bucket, f"{self._root}wals/"):
            found = _LOG_FOLDER.fullmatch(folder.rstrip("/").rpartition("/")[2])
            if found is None or int(found["log"], 16) < wanted[0]:
                continue
            if any(segment >= wanted for segment in self._segments(folder)):
                return True
        return False

    def written_until(self) -> datetime | None:
        """When the newest segment of the newest timeline arrived; None where there is none.

        An archive that is written no more holds no commit from after that.
        """
        for folder in reversed(folders(self.s3, self.bucket, f"{self._root}wals/")):
            if _LOG_FOLDER.fullmatch(folder.rstrip("/").rpartition("/")[2]):
                found: list[datetime] = [each["LastModified"] for _, each in self._objects(folder)]
                if found:
                    return max(found)
        return None

    def holding(self, segments: Collection[str]) -> set[str]:
        """Those of these segments that have arrived."""
        folders = {f"{self._root}wals/{name[:16]}/" for name in segments}
        return {found[0][:24] for each in folders for found in self._whole(each)} & {*segments}

    def _segments(self, folder: str) -> Iterator[tuple[int, int]]:
        """Log and number of each whole segment in a folder of barman-cloud's."""
        for found in self._whole(folder):
            yield int(found["log"], 16), int(found["number"], 16)

    def _whole(self, folder: str) -> Iterator[re.Match[str]]:
        return (name for name, _ in self._objects(folder))

    def _objects(self, folder: str) -> Iterator[tuple[re.Match[str], Any]]:
        """Each whole segment: its name, and what S3 says of it."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=folder)
        for item in (each for page in pages for each in page.get("Contents", ())):
            found = _SEGMENT.fullmatch(item["Key"].rpartition("/")[2])
            if found:
                yield found, item

    @property
    def _root(self) -> str:
        return f"{self.prefix}/{self.server_name}/"

    def _base_backup(self, folder: str) -> BaseBackup | None:
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=f"{folder}backup.info")
        except self.s3.exceptions.NoSuchKey:
            return None
        name = folder.rstrip("/").rpartition("/")[2]
        text = found["Body"].read(_INFO_BYTES).decode(errors="replace")
        try:
            return BaseBackup.parse(name, text, found["LastModified"])
        except ValueError as error:
            where = f"s3://{self.bucket}/{folder}"
            _log.error(
                "%r is not a base backup (%s) and is ignored - find out who wrote it", where, error
            )
            return None


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
