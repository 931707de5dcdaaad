"""A process that cannot be taken for a later one with the same number."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

_START_TIME = 19
"""Of the fields after the command's name in /proc/<pid>/stat (proc(5) counts it as the 22nd)."""


@dataclass(frozen=True, kw_only=True)
class ProcessId:
    """A number, and the clock tick since the computer's start at which its process began."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """The process that has this number now."""
        return cls(pid=pid, started=_started(pid))

    @classmethod
    def read(cls, file: Path) -> "ProcessId | None":
        """What `text` was written to a file; None where there is none or it is half."""
        try:
            pid, started = file.read_text(encoding="utf-8").split()
        except (FileNotFoundError, ValueError):
            return None
        return cls(pid=int(pid), started=started)

    @property
    def text(self) -> str:
        """For a file."""
        return f"{self.pid} {self.started}"

    @property
    def lives(self) -> bool:
        """Whether that very process is there and has not ended."""
        try:
            return _started(self.pid) == self.started
        except ProcessLookupError:
            return False

    def kill(self) -> None:
        """SIGKILL; silent where it has ended."""
        if self.lives:
            os.kill(self.pid, signal.SIGKILL)


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProcessLookupError(f"no process {pid}") from None
    fields = stat.rpartition(")")[2].split()
    if fields[0] == "Z":
        raise ProcessLookupError(f"process {pid} has ended")
    return fields[_START_TIME]
