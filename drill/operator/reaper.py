"""The certainty that nothing of a drill outlives it.

Every process that the drill starts, and every process that PostgreSQL starts in turn, works in a
directory under the drill's own. PostgreSQL's children lead sessions of their own and hide their
environment, so the working directory is the one mark that they all keep.

Run as a program, it waits until its standard input closes, which happens when the drill ends in
whatever way, and then kills what is left.
"""

import os
import signal
import sys
import time
from pathlib import Path

_DEAD_SECONDS = 120.0


def processes_in(directory: Path) -> list[int]:
    """The ids of all live processes whose working directory is `directory` or lies below it."""
    top = str(directory)
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            works_in = os.readlink(f"/proc/{entry}/cwd")
        except OSError:
            continue  # a zombie, a stranger's process, or one that just ended
        if works_in == top or works_in.startswith(f"{top}/"):
            found.append(int(entry))
    return found


def kill_everything_in(directory: Path) -> None:
    """SIGKILL until nothing works in `directory`: what a power cut does to a machine.

    Raises:
        TimeoutError: when a process survives, which only an uninterruptible one can.
    """
    deadline = time.monotonic() + _DEAD_SECONDS
    while pids := [pid for pid in processes_in(directory) if pid != os.getpid()]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {pids} in {directory} do not die")
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.01)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_everything_in(Path(sys.argv[1]))
