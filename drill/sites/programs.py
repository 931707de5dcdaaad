"""The emulated programs of one machine: what a call leaves, and who answers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.program_port import ProgramPort


@dataclass(frozen=True, kw_only=True)
class ProgramResult:
    """Exit code and output."""

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""


Program = Callable[[Sequence[str]], ProgramResult]
"""Gets the arguments after the program's name."""


class ProgramServer:
    """Offers programs as executables in a folder; every call is recorded."""

    def __init__(self, programs: Mapping[str, Program], *, folder: Path) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._programs = programs
        self._port = ProgramPort(self.run)
        folder.mkdir(parents=True, exist_ok=True)
        for name in programs:
            text = f'#!/bin/sh\nexec {self._port.command} {name} "$@"\n'
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o755)

    def run(self, argv: list[str]) -> ProgramResult:
        """One call."""
        self.calls.append(tuple(argv))
        return self._programs[argv[0]](argv[1:])

    def close(self) -> None:
        """Answer no more."""
        self._port.close()
