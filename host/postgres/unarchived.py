"""WAL that one instance holds and its archive does not.

The open segment counts: it has no status file, and may hold rows that were acknowledged (1,000 of
them in one try with real PostgreSQL).
"""

import re
from dataclasses import dataclass

SHOWN = 100
"""A long outage leaves thousands; Session Manager hands back 24,000 characters."""
_PG_WAL = "/var/lib/postgresql/data/pgdata/pg_wal"
STOPPED = (
    "sh",
    "-ec",
    f"ls {_PG_WAL}/archive_status; pg_controldata --pgdata={_PG_WAL}/..",
)
"""Looks where no PostgreSQL runs."""
_REDO_FILE = re.compile(r"^Latest checkpoint's REDO WAL file:\s+([0-9A-F]{24})$", re.MULTILINE)
_STATUS_FILE = re.compile(r"^([0-9A-F]{24}(?:\.partial)?|[0-9A-F]{8}\.history)\.(ready|done)$")
SEGMENTS_PER_FILE = 0x100
"""Of 16 MiB, in one file name's last eight digits."""


@dataclass(frozen=True, kw_only=True)
class Unarchived:
    """The segments that wait, and the one that was being written."""

    count: int
    oldest: tuple[str, ...]
    """A hundred at most, the open segment last where it is among them."""

    @classmethod
    def of(cls, waiting: list[str], open_segment: str | None) -> "Unarchived":
        """From names in any order."""
        names = sorted({*waiting, *([open_segment] if open_segment else [])})
        return cls(count=len(names), oldest=tuple(names[:SHOWN]))

    @classmethod
    def parse(cls, text: str) -> "Unarchived":
        """From what `STOPPED` prints.

        Raises:
            ValueError: where that is not all of it.
        """
        redo = _REDO_FILE.search(text)
        if redo is None:
            raise ValueError(f"no checkpoint in what pg_controldata printed: {text[-200:]!r}")
        found = [_STATUS_FILE.match(line) for line in text.splitlines()]
        status = {match[1]: match[2] for match in found if match}
        waiting = [name for name, word in status.items() if word == "ready"]
        return cls.of(waiting, _open_segment(redo[1], status))


def _open_segment(redo: str, status: dict[str, str]) -> str:
    """The segment after the last one that was finished, or that of the last checkpoint.

    Segments are made and recycled in advance, so that a file beyond proves nothing.
    """
    segments = [name for name in status if len(name) == len(redo) and name[:8] == redo[:8]]
    newest = max(segments, default="")
    return redo if redo > newest else _next(newest)


def _next(segment: str) -> str:
    number = int(segment[8:16], 16) * SEGMENTS_PER_FILE + int(segment[16:], 16) + 1
    high, low = divmod(number, SEGMENTS_PER_FILE)
    return f"{segment[:8]}{high:08X}{low:08X}"
