"""The dumps of the database in one bucket; a dump without its marker is not a dump.

A dump is never newer than its marker, whatever its name says.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from host.archive.archive import folders
from host.archive.object_moment import named_moment, not_after
from host.errors import Failed

_SNAPSHOT_BYTES = 16 * 1024 * 1024
"""A moment and what no dump holds take a few KiB, each role that the dump names 70 bytes at most:
room for 200,000 of them. More is never read."""
_LSN = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")


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
    """The moment of the dump in `folder`; None where it does not name one.

    Raises:
        Failed: where it names one that cannot be read.
    """
    try:
        found = s3.get_object(Bucket=bucket, Key=f"{folder}/SNAPSHOT")
    except s3.exceptions.NoSuchKey:
        return None
    shown = parse_snapshot(found["Body"].read(_SNAPSHOT_BYTES).decode(errors="replace"))
    if shown is None:
        raise Failed(f"s3://{bucket}/{folder}/SNAPSHOT is not what a dump writes of its moment")
    return shown


def parse_snapshot(text: str) -> DumpSnapshot | None:
    """Read a dump's SNAPSHOT; None where it is none."""
    try:
        shown = json.loads(text)
        lsn, still = shown["lsn"], shown["still"]
        not_held = {
            kind: [name for name in names if isinstance(name, str)]
            for kind, names in shown.get("not_held", {}).items()
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(lsn, str) or not _LSN.fullmatch(lsn) or not isinstance(still, bool):
        return None
    return DumpSnapshot(lsn=lsn, still=still, not_held=not_held)


def complete_dumps(s3: Any, bucket: str, prefix: str) -> Iterator[Dump]:
    """The complete dumps below `prefix` (`dumps/app_db/`), the newest first."""
    held_back: list[Dump] = []
    for folder in reversed(folders(s3, bucket, prefix)):
        dump = _dump(s3, bucket, folder)
        if dump is None:
            continue
        if dump.taken != named_moment(dump.dump_id):
            held_back.append(dump)
            continue
        yield from _newer(held_back, dump.taken)
        yield dump
    yield from _newer(held_back, None)


def _dump(s3: Any, bucket: str, folder: str) -> Dump | None:
    name = folder.rstrip("/").rpartition("/")[2]
    taken = named_moment(name)
    if taken is None:
        return None
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}COMPLETE", MaxKeys=1)
    for marker in found.get("Contents", ()):
        return Dump(dump_id=name, taken=not_after(taken, marker["LastModified"]))
    return None


def _newer(held_back: list[Dump], than: datetime | None) -> list[Dump]:
    """Take out those whose name says too much and that belong before `than`."""
    newer = [dump for dump in held_back if than is None or dump.taken >= than]
    held_back[:] = [dump for dump in held_back if dump not in newer]
    return sorted(newer, key=lambda dump: dump.taken, reverse=True)
