"""One client: appends and reads until it is told to stop, and notes what it was told."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import psycopg

from drill.consistency.history import Elements, Operation, Outcome
from drill.traffic.endpoint import Endpoint, Resolve

CREATE = """
CREATE TABLE IF NOT EXISTS lists (key text PRIMARY KEY, elements text[] NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS registers (key text PRIMARY KEY, value text NOT NULL DEFAULT '')
"""
NEW_KEY = (
    "INSERT INTO lists (key) VALUES (%s)",
    "INSERT INTO registers (key) VALUES (%s)",
)
_APPEND = """
UPDATE lists SET elements = array_append(elements, %s) WHERE key = %s RETURNING elements
"""
_WRITE = "UPDATE registers SET value = %s WHERE key = %s"
_READ = """
SELECT elements, value FROM lists JOIN registers USING (key) WHERE key = %s
"""
_NOTHING_WAS_DONE = frozenset({"25006", "57P03"})
"""SQLSTATE read_only_sql_transaction and cannot_connect_now (PostgreSQL's appendix A)."""
_STATEMENT = "-c statement_timeout=5000"
PAUSE_SECONDS, RETRY_SECONDS = 0.08, 0.3
_READS = 0.3
"""Of all operations."""
STOP_SECONDS = 60.0
Note = Callable[[Operation], None]


class Client:
    """From `__enter__` to `__exit__`; reconnects to wherever `resolve` leads after each failure."""

    def __init__(
        self, *, name: str, resolve: Resolve, keys: Sequence[str], seed: str, note: Note
    ) -> None:
        self._name = name
        self._resolve = resolve
        self._keys = keys
        self._random = random.Random(f"{seed} {name}")  # noqa: S311 (no secret)
        self._note = note
        self._numbers = count(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> "Client":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._name} did not stop within {STOP_SECONDS:g} s")

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                endpoint = self._resolve()
                if endpoint is not None:
                    self._work_through(endpoint)
            except Exception:  # whatever it was: a client connects again
                self._stop.wait(RETRY_SECONDS)
            self._stop.wait(PAUSE_SECONDS)

    def _work_through(self, endpoint: Endpoint) -> None:
        with endpoint.connect(options=_STATEMENT) as connection:
            recovers = True
            while not self._stop.is_set():
                # Before the look, and until it once is a writer: it stays one on this connection.
                recovers = recovers and is_replica(connection)
                key = self._random.choice(self._keys)
                if self._random.random() < _READS:
                    self._note(read(connection, endpoint, self._name, key, on_replica=recovers))
                else:
                    self._append(connection, endpoint, key)
                self._stop.wait(PAUSE_SECONDS)

    def _append(self, connection: psycopg.Connection[Any], endpoint: Endpoint, key: str) -> None:
        element = f"{key}.{self._name.replace(' ', '-')}.{next(self._numbers)}"
        called = time.monotonic()
        outcome: Outcome = "unknown"
        shown: Elements = ()
        try:
            shown = _appended(connection, key, element)
            outcome = "ok"
        except psycopg.Error as error:
            outcome = outcome_of(error)
            if outcome == "unknown":
                raise
        finally:
            self._note(
                Operation(
                    client=self._name,
                    kind="append",
                    key=key,
                    site=endpoint.site,
                    called=called,
                    returned=time.monotonic(),
                    outcome=outcome,
                    element=element,
                    shown=shown,
                )
            )


def outcome_of(error: psycopg.Error) -> Outcome:
    """What an append came to whose answer was an error."""
    return "failed" if error.sqlstate in _NOTHING_WAS_DONE else "unknown"


def is_replica(connection: psycopg.Connection[Any]) -> bool:
    """Whether the instance is in recovery."""
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    return bool(row and row[0])


def read(
    connection: psycopg.Connection[Any],
    endpoint: Endpoint,
    client: str,
    key: str,
    *,
    on_replica: bool,
) -> Operation:
    """Read a key; a key that a replica does not have yet is empty."""
    called = time.monotonic()
    row = connection.execute(_READ, (key,)).fetchone()
    elements, register = row or ([], "")
    return Operation(
        client=client,
        kind="read",
        key=key,
        site=endpoint.site,
        called=called,
        returned=time.monotonic(),
        shown=tuple(elements),
        register=register,
        on_replica=on_replica,
    )


def _appended(connection: psycopg.Connection[Any], key: str, element: str) -> Elements:
    with connection.transaction():
        row = connection.execute(_APPEND, (element, key)).fetchone()
        connection.execute(_WRITE, (element, key))
    if row is None:
        raise psycopg.OperationalError(f"{key} is not there")
    return tuple(row[0])
