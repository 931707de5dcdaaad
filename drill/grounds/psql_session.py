"""One psql that stays open in a pod, because a new one per question costs a tenth of a core.

What is asked twice a second by a scenario's watch must not disturb what the scenario measures.
Each statement is followed by a line of our own that tells how it ended; a session that fails or
does not answer in time is closed for good, and the caller opens another.
"""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

from psycopg import OperationalError, errors
from psycopg.sql import Literal

from drill.ground_site import NoAnswer, StatementRefused

_END = "drill-end"
_HOW = ":ERROR :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE"
_AS_JSON = "SELECT coalesce(json_agg(q), '[]') FROM (QUERY) AS q"
_PSQL = ("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only")


def with_values(sql: str, values: Sequence[str]) -> str:
    """The statement with a quoted literal in the place of each `%s`."""
    return sql % tuple(Literal(value).as_string(None) for value in values) if values else sql


def psql(database: str) -> list[str]:
    """The command of a session."""
    return [*_PSQL, f"--dbname={database}"]


class PsqlSession:
    """`argv` starts psql with its stdin and stdout here."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._opened = time.monotonic()
        self._lock = threading.Lock()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def age_seconds(self) -> float:
        """Since it was opened."""
        return time.monotonic() - self._opened

    @property
    def is_open(self) -> bool:
        """Whether it may be asked."""
        return self._process.poll() is None

    def rows(self, sql: str, timeout_seconds: float) -> list[tuple[Any, ...]]:
        """The answer to a query.

        Raises:
            NoAnswer, StatementRefused: as for `run`.
        """
        text = self.run(_AS_JSON.replace("QUERY", sql.strip().rstrip(";")), timeout_seconds)
        # Pairs, because two columns may have the same name.
        return list(json.loads(text, object_pairs_hook=_values))

    def run(self, sql: str, timeout_seconds: float) -> str:
        """What a statement prints.

        Raises:
            NoAnswer: when it fails or takes too long; the session is closed then.
            StatementRefused: when it fails for what it says; the session is closed then too.
        """
        with self._lock:
            try:
                return self._ask(sql, time.monotonic() + timeout_seconds)
            except NoAnswer:
                self.close()
                raise
            except OSError as error:
                self.close()
                raise NoAnswer(str(error)) from error

    def close(self) -> None:
        """End it; a second call does nothing."""
        self._process.kill()
        self._process.wait()

    def _ask(self, sql: str, deadline: float) -> str:
        if self._process.stdin is None:
            raise NoAnswer("no session")
        self._process.stdin.write(f"{sql};\n\\echo {_END} {_HOW}\n")
        self._process.stdin.flush()
        lines: list[str] = []
        while not (line := self._line(deadline)).startswith(_END):
            lines.append(line)
        failed, _, error = line.removeprefix(_END).strip().partition(" ")
        if failed != "false":
            state, _, message = error.partition(" ")
            raise _error(state)(message)
        return "".join(lines)

    def _line(self, deadline: float) -> str:
        try:
            line = self._lines.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            raise NoAnswer("no answer in time") from None
        if line is None:
            raise NoAnswer("the session ended")
        return line

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)


def _error(state: str) -> type[NoAnswer]:
    """What a SQLSTATE tells: of the moment, as a driver sees it, or of the statement itself."""
    try:
        of_the_moment = issubclass(errors.lookup(state), OperationalError)
    except KeyError:
        of_the_moment = True
    return NoAnswer if of_the_moment else StatementRefused


def _values(pairs: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
    return tuple(value for _, value in pairs)
