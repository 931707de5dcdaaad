"""A real terminal: a person who types commands as a document has them, and reads what comes."""

import os
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.waiting import HANGS_SECONDS

_CHUNK = 4096


class Terminal:
    """A pseudo-terminal in a folder; commands run in it one after the other."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)

    def type(
        self,
        command: str,
        *,
        answers: Mapping[str, str] | None = None,
        hangs_seconds: float = HANGS_SECONDS,
    ) -> tuple[int, str]:
        """Run a command; its exit code and all that the screen showed.

        `answers` are what is typed where the screen ends with a question.
        """
        screen, keyboard = os.openpty()
        with subprocess.Popen(
            ["sh", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            start_new_session=True,
        ) as process:
            os.close(keyboard)
            try:
                shown = _read(screen, dict(answers or {}), time.monotonic() + hangs_seconds)
            except BaseException:
                process.kill()
                raise
            finally:
                os.close(screen)
        return process.returncode, shown


def _read(screen: int, answers: dict[str, str], deadline: float) -> str:
    shown = b""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([screen], [], [], 1)
        if not ready:
            continue
        try:
            shown += os.read(screen, _CHUNK)
        except OSError:  # Linux tells the end of a terminal so
            return shown.decode().replace("\r\n", "\n")
        for question in list(answers):
            if shown.decode(errors="replace").rstrip().endswith(question):
                os.write(screen, f"{answers.pop(question)}\n".encode())
    raise TimeoutError(f"the command did not end: {shown.decode(errors='replace')}")
