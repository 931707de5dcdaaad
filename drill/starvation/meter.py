"""Runs the probe beside the drill and remembers what it measured."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

from drill.starvation import probe
from drill.starvation.load import Load, Sample, load

_STOP_SECONDS = 10


class Computer(Protocol):
    """The one that all is played on: knows how busy it is."""

    def load(self, since: float) -> Load:
        """From a moment of `time.monotonic` until now."""
        ...


class Meter:
    """Measures from `__enter__` to `__exit__`; a `Computer`. Needs a folder for one small file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "probe"
        self._samples: list[Sample] = []
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Meter":
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", probe.__file__, str(self._file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for the drill, which closes its input
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process and process.stdin:
            process.stdin.close()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def load(self, since: float) -> Load:
        """From a moment of `time.monotonic` until now."""
        samples, process = tuple(self._samples), self._process
        alive = samples and process and process.poll() is None
        due = samples[-1].at + probe.NAP_SECONDS if alive else time.monotonic()
        return load(samples, since, max(0.0, time.monotonic() - due))

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            at, work, processor, write = json.loads(line)
            self._samples.append(
                Sample(at=at, work_seconds=work, processor_seconds=processor, write_seconds=write)
            )
