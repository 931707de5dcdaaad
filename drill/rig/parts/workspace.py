"""Where a recipe works: the folder to fill, the parts that it is made from, its commands' log."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOG_LINES_SHOWN = 15


class PartNotBuiltError(Exception):
    """A command of a recipe failed. Nothing was added to the cache; the next start tries again."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What `Recipe.make` gets. `into` is empty and becomes the part when `make` returns."""

    into: Path
    log: Path
    made: Mapping[str, Path] = field(default_factory=dict)

    def run(self, *command: str | Path, folder: Path | None = None, **environment: str) -> None:
        """Run `command` with its output in the log; raise `PartNotBuiltError` with its end."""
        arguments = [str(word) for word in command]
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(arguments)}\n".encode())
            log.flush()
            ended = subprocess.run(
                arguments,
                cwd=folder or self.into,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            raise PartNotBuiltError(
                f"{arguments[0]} ended with {ended.returncode}; see {self.log}\n{self._end()}"
            )

    def _end(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LOG_LINES_SHOWN:])
