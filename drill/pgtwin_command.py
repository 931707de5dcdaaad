"""The operator's own command, run as a person would run it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from drill.host_gateway import NO_ANSWER

COMMAND_SECONDS = 900
_BIN = Path(sys.executable).parent
TIMED_OUT, KILLED = 4, -1
"""Exit codes: `pgtwin`'s own, and the drill's where it did not wait any longer."""
LATE = (
    *(NO_ANSWER, "timed out", "has not taken the command yet", "is online"),
    "timeout on endpoint URL",  # botocore's words, for the connection and for the answer
)
"""How `pgtwin` says that a site, or AWS, did not answer in time: its exit code is that of any
failure."""
NOT_YET = ("that were allowed", "does not follow", "is not healthy", "commits hang", ", unseen")
"""How it refuses, and changes nothing, because of what a site has not done yet: a heartbeat is too
old, a replica too far behind, an instance not ready, a pod not up."""


class CommandRefused(Exception):  # noqa: N818 (says what happened)
    """`pgtwin` ended with another exit code than 0; the message holds its last words."""

    def __init__(self, arguments: tuple[str, ...], exit_code: int, said: str) -> None:
        words = " | ".join(said.strip().splitlines()[-4:])
        super().__init__(f"pgtwin {' '.join(arguments)}: exit code {exit_code}: {words}")
        self.exit_code = exit_code
        late = any(words in said for words in (*LATE, *NOT_YET))
        self.late = late or exit_code in (TIMED_OUT, KILLED)
        """Whether something did not come, or did not answer, in time."""


@dataclass(frozen=True, kw_only=True)
class PgtwinCommand:
    """`pgtwin`, with the deployed configuration and the operator's credentials."""

    config: Path
    environment: Mapping[str, str]
    work: Path
    """Where its journal goes, and `pgtwin.log` with all that it said."""
    start: Callable[[Sequence[str]], list[str]]
    """How a Python program is started."""

    def __call__(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Any:
        """Run a command with `--json`; its document.

        Raises:
            CommandRefused: on any exit code but 0.
        """
        pgtwin = [str(_BIN / "pgtwin"), *arguments, "--json", "--config", str(self.config)]
        environment = {
            "PATH": f"{_BIN}:{os.environ['PATH']}",
            "HOME": str(self.work),
            "LANG": "C.UTF-8",
            **self.environment,
            **(extra or {}),
        }
        # Its own file first: two commands may run side by side, and each is judged by its words.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            code, document = _run(self.start(pgtwin), self.work, environment, said)
            said.seek(0)
            words = said.read()
        with (self.work / "pgtwin.log").open("a", encoding="utf-8") as log:
            log.write(f"$ pgtwin {' '.join(arguments)}\n{words}{document}")
        if code:
            # Its document says the same once more, and ends with what tells nobody why.
            raise CommandRefused(arguments, code, words or document)
        return json.loads(document) if document.strip() else None


def _run(
    argv: list[str], folder: Path, environment: Mapping[str, str], said: TextIO
) -> tuple[int, str]:
    try:
        done = subprocess.run(
            argv,
            cwd=folder,  # what works below it ends with the drill
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return KILLED, f"killed after {COMMAND_SECONDS} s\n"
    return done.returncode, done.stdout
