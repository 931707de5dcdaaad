"""One psql that stays open in a pod, because a new one per question costs a tenth of a core.

What is asked twice a second by a scenario's watch must not disturb what the scenario measures.
Each statement is followed by a line of our own that tells how it ended; a session that fails or
does not answer in time is closed for good, and the caller opens another.
"""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from psycopg import OperationalError, errors
from psycopg.sql import Literal

from drill.child import Child, NoLine
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
        self._child = Child(argv)

    @property
    def age_seconds(self) -> float:
        """Since it was opened."""
        return time.monotonic() - self._opened

    @property
    def is_open(self) -> bool:
        """Whether it may be asked."""
        return self._child.runs

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

    def close(self) -> None:
        """End it; a second call does nothing."""
        self._child.close()

    def _ask(self, sql: str, deadline: float) -> str:
        lines: list[str] = []
        try:
            self._child.send(f"{sql};\n\\echo {_END} {_HOW}\n")
            while not (line := self._child.line(deadline - time.monotonic())).startswith(_END):
                lines.append(line)
        except TimeoutError:
            raise NoAnswer("no answer in time") from None
        except NoLine:
            raise NoAnswer("the session ended") from None
        failed, _, error = line.removeprefix(_END).strip().partition(" ")
        if failed != "false":
            state, _, message = error.partition(" ")
            raise _error(state)(message)
        return "".join(f"{line}\n" for line in lines)


def _error(state: str) -> type[NoAnswer]:
    """What a SQLSTATE tells: of the moment, as a driver sees it, or of the statement itself."""
    try:
        of_the_moment = issubclass(errors.lookup(state), OperationalError)
    except KeyError:
        of_the_moment = True
    return NoAnswer if of_the_moment else StatementRefused


def _values(pairs: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
    return tuple(value for _, value in pairs)
