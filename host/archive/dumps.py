"""The dumps of the database in one bucket; a dump without its marker is not a dump."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from host.archive.archive import folders

_FORM = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, kw_only=True)
class Dump:
    """One complete dump."""

    dump_id: str
    taken: datetime


@dataclass(frozen=True, kw_only=True)
class DumpSnapshot:
    """The moment that a dump shows."""

    lsn: str
    """Where the WAL ended then."""
    still: bool
    """Whether nobody was committing then: the WAL up to there holds exactly the dump's rows."""
    not_held: dict[str, list[str]] = field(default_factory=dict)
    """What no dump of one database holds, by kind."""


def dump_snapshot(s3: Any, bucket: str, folder: str) -> DumpSnapshot | None:
    """The moment of the dump in `folder`; None where it does not name one."""
    try:
        found = s3.get_object(Bucket=bucket, Key=f"{folder}/SNAPSHOT")
    except s3.exceptions.NoSuchKey:
        return None
    body = found["Body"].read()
    try:
        shown = json.loads(body)
        not_held = shown.get("not_held", {})
        return DumpSnapshot(lsn=shown["lsn"], still=shown["still"], not_held=not_held)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def complete_dumps(s3: Any, bucket: str, prefix: str) -> Iterator[Dump]:
    """The complete dumps below `prefix` (`dumps/app_db/`), the newest first."""
    for folder in reversed(folders(s3, bucket, prefix)):
        name = folder.rstrip("/").rpartition("/")[2]
        taken = _time(name)
        marker = s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}COMPLETE", MaxKeys=1)
        if taken and marker.get("Contents"):
            yield Dump(dump_id=name, taken=taken)


def _time(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
