"""Eyes on the three copies of the truth while a scenario acts: acknowledged, archived, replayed."""

import logging
import threading
import time
from collections.abc import Callable

from drill.report.document import Sample
from drill.scenarios.stage import Stage
from drill.traffic.writer import Writer

EVERY_SECONDS = 0.5
_log = logging.getLogger(__name__)
_SEGMENTS = """
SELECT pg_walfile_name(pg_current_wal_lsn()) || ' ' || coalesce(last_archived_wal, '')
FROM pg_stat_archiver WHERE NOT pg_is_in_recovery()
"""


class Watch:
    """Samples twice a second, from `__enter__` to `__exit__`.

    A thread per site: a lost site may take many seconds not to answer, and nothing that happens on
    the other one may be noticed later for that.
    """

    def __init__(self, stage: Stage, writer: Writer) -> None:
        self.started = time.time()
        self.promoted_at: float | None = None
        """When DR was first seen out of recovery, in Unix time."""
        self.samples: list[Sample] = []
        self._stage = stage
        self._writer = writer
        self._segments: list[tuple[str, int]] = []
        self._archived = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(look,), name="watch", daemon=True)
            for look in (self._look_at_primary, self._look_at_dr)
        ]

    def __enter__(self) -> "Watch":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    @property
    def replayed(self) -> int:
        """The newest acknowledged row that DR had at the last look."""
        return (self.samples[-1].replayed or 0) if self.samples else 0

    def acknowledged_up_to(self, segment: str) -> int:
        """The highest number that was surely acknowledged before `segment` was full."""
        return max((number for name, number in self._segments if name <= segment), default=0)

    def _repeat(self, look: Callable[[], None]) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            try:
                look()
            except Exception:  # a site that is being lost may fail in any way; look again
                _log.exception("watch")

    def _look_at_primary(self) -> None:
        newest = self._writer.acknowledgements.newest  # before the look: surely in that segment
        segments = self._stage.ask("primary", _SEGMENTS)
        if segments:
            current, archived = segments.split(" ")
            self._segments.append((current, newest))
            self._archived = self.acknowledged_up_to(archived)

    def _look_at_dr(self) -> None:
        if (
            self.promoted_at is None
            and self._stage.ask("dr", "SELECT pg_is_in_recovery()") is False
        ):
            self.promoted_at = time.time()
        replayed = self._stage.newest("dr", self._writer)
        acknowledged = self._writer.acknowledgements.newest
        self.samples.append(
            Sample(
                at_seconds=round(time.time() - self.started, 2),
                acknowledged=acknowledged,
                archived=self._archived or None,
                # DR may have a row before its acknowledgement is noted.
                replayed=min(replayed, acknowledged) or None,
            )
        )
