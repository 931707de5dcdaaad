"""The Kubernetes API through kubectl, JSON only."""

import json
import os
import shlex
from typing import Any

from host.errors import Failed
from host.machine import Result, Shell


class Kubectl:
    """`k3s kubectl`, or what `$PGTWIN_KUBECTL` names."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._command = shlex.split(os.environ.get("PGTWIN_KUBECTL", "/usr/local/bin/k3s kubectl"))

    def run(
        self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """Run and return what came, whatever the exit code."""
        return self._shell.run(
            [*self._command, *arguments], stdin=stdin, timeout_seconds=timeout_seconds
        )

    def done(self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 120) -> str:
        """Run; its standard output.

        Raises:
            Failed: on any exit code but 0.
        """
        result = self.run(*arguments, stdin=stdin, timeout_seconds=timeout_seconds)
        if result.exit_code != 0:
            raise Failed(f"kubectl {' '.join(arguments[:3])}: {result.stderr.strip()}")
        return result.stdout

    def get(self, *arguments: str) -> dict[str, Any] | None:
        """One object or list by `get ... -o json`; None where there is none.

        Raises:
            Failed: when the API server does not answer.
        """
        result = self.run("get", *arguments, "--ignore-not-found", "-o", "json")
        if result.exit_code != 0:
            raise Failed(f"kubectl get {' '.join(arguments)}: {result.stderr.strip()}")
        found: dict[str, Any] | None = json.loads(result.stdout) if result.stdout.strip() else None
        return found
