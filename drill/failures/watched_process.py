"""A process whose every line is timed, and which is killed when its time is over."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

Line = tuple[float, str]
_ENDED_SECONDS = 10.0
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How a process ended, and when it said what, in seconds from its start."""

    code: int | None
    """None where it had to be killed."""
    seconds: float
    lines: tuple[Line, ...]

    @property
    def said(self) -> str:
        """All of it, in the order in which it came."""
        return "".join(text for _, text in self.lines)

    def longest_silence(self, *, starts_in_seconds: float) -> float:
        """The longest time without a line, from when it had started to its end."""
        moments = [starts_in_seconds, *(at for at, _ in self.lines), self.seconds]
        return max(later - at for at, later in pairwise(moments))

    def between(self, first: str, last: str) -> float | None:
        """From the line that holds `first` to the one that holds `last`; None without both."""
        starts = [at for at, text in self.lines if first in text]
        ends = [at for at, text in self.lines if last in text]
        return round(ends[0] - starts[0], 2) if starts and ends else None


def watch(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    bound_seconds: float,
    on_line: Callable[[str], None],
) -> Watched:
    """Run it to its end, or kill it and all that it started."""
    began = time.monotonic()
    process = subprocess.Popen(
        argv,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, said), daemon=True).start()
    lines: list[Line] = []
    code, ended = None, False
    while not ended and time.monotonic() < began + bound_seconds:
        try:
            line = said.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            continue
        ended = line is None
        if line is not None:
            lines.append((time.monotonic() - began, line))
            on_line(line)
    seconds = time.monotonic() - began
    if ended:
        code = process.wait(_ENDED_SECONDS)
    else:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Watched(code=code, seconds=seconds, lines=tuple(lines))


def _read(stream: IO[str] | None, said: "queue.Queue[str | None]") -> None:
    for line in stream or ():
        said.put(line)
    said.put(None)
