"""An application that writes one row after the other, wherever the writer is."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from drill.traffic.acknowledgements import Acknowledgements
from drill.traffic.endpoint import Resolve
from drill.traffic.ledger import CREATE, INSERT, Row
from topology.site import SiteName

PAUSE_SECONDS = 0.02
"""Between two rows: about 40 rows a second, so that the traffic does not starve two cores."""
RETRY_SECONDS = 0.2
STOP_SECONDS = 120.0
_RATE_SECONDS, _RATE_ROWS = 2.0, 1000
STATEMENT = "-c statement_timeout=5000"
"""A commit that takes longer, as without a synchronous standby, counts as failed."""


_LATE = (TimeoutError, psycopg.errors.ConnectionTimeout, psycopg.errors.QueryCanceled)
"""Of `connect_timeout` and of `statement_timeout`."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A write that failed, as its application saw it."""

    at: float
    """Unix time."""
    late: bool
    """Whether the application gave up, and nothing was refused or ended by the other side."""
    error: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Now."""
        return cls(at=time.time(), late=isinstance(error, _LATE), error=repr(error))


Send = Callable[[Row], SiteName]
"""Commits a row; the site that acknowledged it. Raises whatever an application would see."""


class Traffic(ABC):
    """Writes from `start` to `stop`, in a new session after every failure."""

    pause_seconds = PAUSE_SECONDS

    def __init__(self, *, run: str, folder: Path) -> None:
        self.run = run
        self.acknowledgements = Acknowledgements(folder / f"{run}.acknowledgements")
        self.failures: list[Failure] = []
        self.failing_since: float | None = None
        """Unix time of the first failure since the last success."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name=f"writer {run}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the row that is under way, then stop; a second call does nothing.

        Raises:
            TimeoutError: when it does not end, though every step of it times out by itself.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
            if self._thread.is_alive():
                raise TimeoutError(f"{self.run} did not stop within {STOP_SECONDS:g} s")

    def rows_a_second(self) -> float:
        """Over the last two seconds."""
        since = time.time() - _RATE_SECONDS
        recent = [row for row in self.acknowledgements.rows[-_RATE_ROWS:] if row.at > since]
        return len(recent) / _RATE_SECONDS

    @property
    def last_failure(self) -> str:
        """What the application saw last; empty where it never failed."""
        return self.failures[-1].error if self.failures else ""

    @abstractmethod
    def session(self) -> AbstractContextManager[Send]:
        """What rows go through until one of them fails."""

    def _write(self) -> None:
        while not self._stop.is_set():
            try:
                with self.session() as send:
                    self._write_through(send)
            except Exception as error:
                # Whatever it was, to an application it is a write that failed.
                failure = Failure.of(error)
                self.failures.append(failure)
                self.failing_since = self.failing_since or failure.at
                self._stop.wait(RETRY_SECONDS)

    def _write_through(self, send: Send) -> None:
        while not self._stop.is_set():
            row = Row(run=self.run, number=self.acknowledgements.next_number())
            self.acknowledgements.acknowledge(row.number, send(row))
            self.failing_since = None
            self._stop.wait(self.pause_seconds)


class Writer(Traffic):
    """One connection at a time, to wherever the alias leads when it is opened."""

    def __init__(self, *, run: str, resolve: Resolve, folder: Path) -> None:
        super().__init__(run=run, folder=folder)
        self._resolve = resolve

    @contextmanager
    def session(self) -> Iterator[Send]:
        """Connect."""
        endpoint = self._resolve()
        if endpoint is None:
            raise psycopg.OperationalError("the alias leads nowhere")
        with endpoint.connect(options=STATEMENT) as connection:
            connection.execute(CREATE)

            def send(row: Row) -> SiteName:
                connection.execute(INSERT, row.values)
                return endpoint.site

            yield send
