"""Runs on this machine what the host program runs in a database pod."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from drill.operator.processes import POSTGRES_BIN
from host.machine.machine import Result

_AT_LEAST_SECONDS = 600.0
"""A deadline of the host program is not judged here: it would measure how busy this machine is."""


class PodShell:
    """A Shell whose `kubectl exec` is a process here."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """What follows `--`, in the server's folder."""
        program, *arguments = list(argv)[list(argv).index("--") + 1 :]
        done = subprocess.run(
            [str(POSTGRES_BIN / program), *arguments],
            cwd=self._folder,
            env=dict(self._environment),
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=max(timeout_seconds, _AT_LEAST_SECONDS),
            check=False,
        )
        return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)
