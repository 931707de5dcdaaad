"""What the database promised, written down outside of it.

What always holds: a number is noted as sent before it is sent, and as acknowledged only after the
commit returned; both notes reach the disk before the next row is sent. So a row that is noted as
acknowledged and not found is lost, and a row that is found and was never noted as sent is a
phantom. A row whose commit never returned is neither: the client was told nothing.

A note comes after the commit, so others may see a row before its acknowledgement is noted, and any
time before on a busy machine. Numbers are not counts either: a failed commit uses one up.
"""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """A row that the database promised to keep."""

    number: int
    at: float
    """Unix time at which the commit returned."""
    by: SiteName
    """Which site's load balancer the commit went through."""


def first_by(site: SiteName, rows: Iterable[Acknowledged]) -> Acknowledged | None:
    """The first row that a site acknowledged, whenever the last of the other one was noted."""
    return next((row for row in rows if row.by == site), None)


class Acknowledgements:
    """The notes of one run; safe to read from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._acknowledged: list[Acknowledged] = []
        self._sent = 0

    @property
    def sent(self) -> int:
        """How many numbers were sent, counted from 1."""
        return self._sent

    @property
    def rows(self) -> tuple[Acknowledged, ...]:
        """Every acknowledged row, in the order of the commits."""
        with self._lock:
            return tuple(self._acknowledged)

    @property
    def newest(self) -> int:
        """The highest number that was acknowledged; 0 where none was."""
        rows = self.rows
        return rows[-1].number if rows else 0

    @property
    def count(self) -> int:
        """How many rows were acknowledged."""
        return len(self._acknowledged)

    def next_number(self) -> int:
        """Note the next number as sent."""
        self._sent += 1
        self._write(f"sent {self._sent}")
        return self._sent

    def acknowledge(self, number: int, by: SiteName) -> None:
        """Note that the commit of a number by a site returned."""
        row = Acknowledged(number=number, at=time.time(), by=by)
        self._write(f"acknowledged {number} {row.at:.6f}")
        with self._lock:
            self._acknowledged.append(row)

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _write(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()
        os.fdatasync(self._file.fileno())
