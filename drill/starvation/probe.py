"""Repeats one small piece of work and one small write, and prints what each took.

Started as `python probe.py FILE`; ends when its standard input closes. It is a process of its own
because a thread would also wait for the other threads of the drill's interpreter. The work takes
`WORK_SECONDS` of processor time, several time slices, so that it waits as often as any other
process does. One line per round, each a JSON list in the order of `Sample`.
"""

import json
import os
import select
import sys
import time

NAP_SECONDS = 1.0
WORK_SECONDS = 0.02
"""Two per cent of one core."""
_BLOCK = b"\0" * 4096


def _work(size: int) -> float:
    """Do the work; the processor seconds that it took."""
    began = time.process_time()
    sum(range(size))
    return time.process_time() - began


def _size() -> int:
    size = 10_000
    while _work(size) < WORK_SECONDS:
        size *= 2
    return size


def _closed(within_seconds: float) -> bool:
    """Whether standard input closes within this time."""
    return bool(select.select([sys.stdin], [], [], within_seconds)[0])


def main(path: str) -> None:
    """Measure until standard input closes."""
    size, file = _size(), os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    due = time.monotonic() + NAP_SECONDS
    while not _closed(NAP_SECONDS):
        processor = _work(size)
        worked = time.monotonic()
        os.pwrite(file, _BLOCK, 0)
        os.fsync(file)
        written = time.monotonic()
        sys.stdout.write(f"{json.dumps([written, worked - due, processor, written - worked])}\n")
        sys.stdout.flush()
        due = time.monotonic() + NAP_SECONDS


if __name__ == "__main__":
    main(sys.argv[1])
