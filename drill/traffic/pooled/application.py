"""An application in a process of its own, which keeps a pool of connections.

It is told one row per line on its standard input: run, number, payload and checksum, between tabs.
It answers each with one line: `ok` and the name of the Cluster that acknowledged the row, or
`failed` and why. It is never restarted: what a pool does after a failure is the question.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.traffic.ledger import Row

_END_SECONDS = 10.0


class RowFailed(Exception):  # noqa: N818 (what the application saw)
    """The application saw an error instead of a commit; the message is its own."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """How an application with a pool is started."""

    name: str
    argv: Sequence[str]
    variables: Mapping[str, str]
    """Beside those of the drill: the password is here, so that no process list shows it."""


class Application:
    """One process, until closed; what it says beside its answers goes to a file of the folder."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.name = pool.name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{pool.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                list(pool.argv),
                env={**os.environ, **pool.variables},
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def send(self, row: Row) -> str:
        """Let it write a row; the Cluster that acknowledged it.

        Raises:
            RowFailed: with what the application saw, or that it has ended.
        """
        line = "\t".join(map(str, row.values))
        try:
            answer = self._ask(line)
        except OSError as error:
            raise RowFailed(f"{self.name} has ended: {error}") from error
        kind, _, words = answer.rstrip("\n").partition("\t")
        if kind != "ok":
            raise RowFailed(words or f"{self.name} has ended")
        return words

    @property
    def alive(self) -> bool:
        """Whether it is still the process that was started."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it; its input ends first, as it would by itself."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, line: str) -> str:
        if not (self._process.stdin and self._process.stdout):
            raise BrokenPipeError("no pipe")
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()
