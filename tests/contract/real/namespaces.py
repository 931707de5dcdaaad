"""Network, mount and process namespaces in which the real parts run, for one test session."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_INSIDE = Path(__file__).with_name("inside.py")
_PROGRAMS = ("unshare", "nsenter", "ip", "mount")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process, and the command that succeeds once it answers."""

    name: str
    command: Sequence[str]
    ready: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path


class PartFailed(Exception):  # noqa: N818 (what happened to a part)
    """A part did not come up; the end of its log is in the message."""


class Namespaces:
    """Exist until `close`, or until this process ends, however it ends."""

    def __init__(self, *, logs: Path) -> None:
        self._logs = logs
        self.seconds: dict[str, float] = {}
        self._programs: dict[str, str] = {}
        self._process = subprocess.Popen(
            [
                *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
                *(sys.executable, str(_INSIDE)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    @staticmethod
    def missing() -> str:
        """Why there can be no namespaces on this machine; empty where there can."""
        absent = [program for program in _PROGRAMS if shutil.which(program) is None]
        if sys.platform != "linux" or absent:
            return f"needs Linux with {', '.join(_PROGRAMS)}"
        return "" if os.geteuid() == 0 else "needs root for network namespaces"

    def start(self, part: Part) -> None:
        """Start a part and wait until it answers.

        Raises:
            PartFailed: where it ended or did not answer in time.
        """
        log = self._logs / f"{part.name}.log"
        self._programs[part.name] = part.command[0]
        order = {
            "command": list(part.command),
            "environment": dict(part.environment),
            "folder": str(part.folder),
            "log": str(log),
            "ready": list(part.ready),
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or b'{"ready": false, "seconds": 0}')
        self.seconds[part.name] = answer["seconds"]
        if not answer["ready"]:
            end = log.read_text(encoding="utf-8")[-2000:] if log.exists() else ""
            raise PartFailed(f"{part.name} did not come up: {end}")

    def entered(self, *command: str) -> list[str]:
        """A command line that runs `command` on the parts' network."""
        (inside,) = _children(self._process.pid)
        return ["nsenter", "--target", str(inside), "--net", "--", *command]

    def send(self, name: str, number: signal.Signals) -> None:
        """Signal one part."""
        (inside,) = _children(self._process.pid)
        for child in _children(inside):
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if words[0].decode() == self._programs[name]:
                os.kill(child, number)

    def close(self) -> None:
        """End every part; nothing of the namespaces is left."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)


def _children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return list(map(int, text.split()))
