"""The operator's own command, run as a person would run it."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.operator.processes import POSTGRES_BIN, TOOLS_BIN

COMMAND_SECONDS = 240


class CommandRefused(Exception):  # noqa: N818 (says what happened)
    """`pgtwin` ended with another exit code than 0; the message holds its last words."""

    def __init__(self, arguments: tuple[str, ...], exit_code: int, stderr: str) -> None:
        words = " | ".join(stderr.strip().splitlines()[-4:])
        super().__init__(f"pgtwin {' '.join(arguments)}: exit code {exit_code}: {words}")
        self.exit_code = exit_code


@dataclass(frozen=True, kw_only=True)
class PgtwinCommand:
    """`pgtwin`, with the deployed configuration and the operator's credentials."""

    config: Path
    environment: Mapping[str, str]
    work: Path
    """Where its journal goes, and `pgtwin.log` with all that it said."""

    def __call__(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Any:
        """Run a command with `--json`; its document.

        Raises:
            CommandRefused: on any exit code but 0.
        """
        argv = [str(TOOLS_BIN / "pgtwin"), *arguments, "--json", "--config", str(self.config)]
        done = subprocess.run(
            argv,
            env={
                "PATH": f"{POSTGRES_BIN}:{TOOLS_BIN}:{os.environ['PATH']}",
                "HOME": str(self.work),
                "LANG": "C.UTF-8",
                **self.environment,
                **(extra or {}),
            },
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        with (self.work / "pgtwin.log").open("a", encoding="utf-8") as log:
            log.write(f"$ pgtwin {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        if done.returncode:
            raise CommandRefused(arguments, done.returncode, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None
