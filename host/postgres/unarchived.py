"""WAL that one instance holds and its archive does not.

The open segment counts: it has no status file, and may hold rows that were acknowledged (1,000 of
them in one try with real PostgreSQL).
"""

import re
from dataclasses import dataclass

from host.postgres.control_data import value

SHOWN = 100
"""A long outage leaves thousands; Session Manager hands back 24,000 characters."""
_STATUS_FILE = re.compile(r"^([0-9A-F]{24}(?:\.partial)?|[0-9A-F]{8}\.history)\.(ready|done)$")
_PER_LOG = 0x100
"""Segments of 16 MiB until the middle eight digits of a name count up."""


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
        """From what `control_data.COMMAND` prints.

        Raises:
            ValueError: where that is not all of it.
        """
        redo = value(text, "Latest checkpoint's REDO WAL file")
        if redo is None:
            raise ValueError(f"pg_controldata printed no checkpoint: {text[-200:]!r}")
        found = [_STATUS_FILE.match(line) for line in text.splitlines()]
        status = {match[1]: match[2] for match in found if match}
        waiting = [name for name, word in status.items() if word == "ready"]
        return cls.of(waiting, _open_segment(redo, status))


def _open_segment(redo: str, status: dict[str, str]) -> str:
    """The segment after the last one that was finished, or that of the last checkpoint.

    Segments are made and recycled in advance, so that a file beyond proves nothing.
    """
    segments = [name for name in status if len(name) == len(redo) and name[:8] == redo[:8]]
    newest = max(segments, default="")
    return redo if redo > newest else _next(newest)


def _next(segment: str) -> str:
    number = int(segment[8:16], 16) * _PER_LOG + int(segment[16:], 16) + 1
    high, low = divmod(number, _PER_LOG)
    return f"{segment[:8]}{high:08X}{low:08X}"
