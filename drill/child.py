"""A program that talks line by line, with everything that it starts."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress


class NoLine(Exception):  # noqa: N818 (says what happened)
    """The program ended, or was closed by another thread."""


class Child:
    """Runs until it is closed, or the `with` block ends; its group of processes ends with it."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        self._rest = b""

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it with all that it started; a second call does nothing."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def send(self, text: str) -> None:
        """Write to its stdin.

        Raises:
            NoLine: when it ended.
        """
        if self._process.stdin is None:
            raise NoLine
        try:
            self._process.stdin.write(text.encode())
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise NoLine from error

    def line(self, timeout_seconds: float) -> str:
        """Its next line.

        Raises:
            TimeoutError: when none came in time; what there is of it is kept for the next call.
            NoLine: when it ended.
        """
        deadline = time.monotonic() + timeout_seconds
        while b"\n" not in self._rest:
            self._rest += self._read(deadline - time.monotonic())
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace")

    def _read(self, timeout_seconds: float) -> bytes:
        if self._process.stdout is None or self._process.stdout.closed:
            raise NoLine
        if not select.select([self._process.stdout], [], [], max(0, timeout_seconds))[0]:
            raise TimeoutError
        read = os.read(self._process.stdout.fileno(), 1 << 16)
        if not read:
            raise NoLine
        return read
