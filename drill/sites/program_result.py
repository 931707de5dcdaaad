"""A call of an emulated program, and what it left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ProgramResult:
    """Exit code and output."""

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""


Program = Callable[[Sequence[str]], ProgramResult]
"""Gets the arguments after the program's name."""
