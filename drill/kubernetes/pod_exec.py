"""A command for a container, as `kubectl exec` asks for it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ExecRequest:
    """What to run, and where."""

    namespace: str
    pod: str
    container: str
    """Empty for the pod's first container."""
    argv: tuple[str, ...]
    stdin: bytes = b""


@dataclass(frozen=True, kw_only=True)
class ExecResult:
    """What the command left."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0


ExecHandler = Callable[[ExecRequest], ExecResult]
"""Runs commands on behalf of the pods; hosted by whoever emulates them."""
