"""Base backups and WAL of one cluster in its bucket, as barman-cloud lays them out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


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


def folders(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The sorted "folders" directly below a prefix, each with its closing slash."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    return sorted(item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ()))
