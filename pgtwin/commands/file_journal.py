"""The journal of a run: a file on the operator's machine, copied to a bucket at the end.

What always holds:

* The file is locked for as long as its run lives, and only the process that holds that lock carries
  the run on. A run counts as dead where the kernel of the machine that wrote its journal gives the
  lock to somebody else, and in no other case: a process that was killed has it no more, and one
  that sleeps still has.
* A file that cannot be locked is not written: without a journal a run is never taken for dead.
* A journal that cannot be read or written stops nothing.
* Each system has journals of its own: a run is never taken up for another system, nor its end told
  by another's.
"""

import fcntl
import json
import os
import re
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pgtwin.errors import Locked

BEGUN, ENDED = "begun", "ended"
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}", re.ASCII)


def state_folder() -> Path:
    """What this program keeps on a machine: in XDG's state folder; nothing for a user without a
    home, as in a container.
    """
    if state := os.environ.get("XDG_STATE_HOME"):
        return Path(state) / "pgtwin"
    try:
        return Path.home() / ".local" / "state" / "pgtwin"
    except RuntimeError:
        return Path(os.devnull) / "pgtwin"


def journal_folder(system: str) -> Path:
    """Where the journals of a system are kept."""
    return state_folder() / system


class FileJournal:
    """One JSON object per line."""

    def __init__(self, run: str, what: str, folder: Path) -> None:
        """Begin the journal of a run, or go on with it.

        Raises:
            Locked: where another process carries the run on.
        """
        self._run = run
        self._what = what
        self.path = folder / f"{run}.jsonl"
        self._file = _locked(self.path)
        # Before the run takes any lock: one that is killed right after that is known to be dead.
        if self._file is not None and not self._file.tell():
            self.note("", BEGUN)

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Append one line."""
        line = {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "run": self._run,
            "machine": socket.gethostname(),
            "what": self._what,
            "step": step,
            "event": event,
            "detail": detail,
        }
        if self._file is not None:
            with suppress(OSError):
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()


def interrupted_run(what: str, folder: Path) -> str | None:
    """The newest run of the same command, if it has no end: its lock can be taken up again.

    Raises:
        Locked: where that run is still under way on this machine.
    """
    for path in _newest_first(folder):
        lines = _lines(path)
        if not lines or lines[0].get("what") != what:
            continue
        if lines[-1].get("event") == ENDED or not _is_of_this_machine(lines):
            return None
        if not _is_free(path):
            raise Locked(f"pgtwin {what} is under way on this machine, as run {path.stem}")
        return path.stem
    return None


def was_interrupted_last(what: str, folder: Path) -> bool:
    """Whether the newest run of this machine is one of that command, without an end."""
    for path in _newest_first(folder):
        if lines := _lines(path):
            return lines[0].get("what") == what and lines[-1].get("event") != ENDED
    return False


def is_over(run: str, folder: Path) -> bool:
    """Whether a run of this machine is known to do nothing more: it has ended, or it is dead.

    `run` may come from anywhere: what is no run's id names no journal.
    """
    if not _RUN.fullmatch(run):
        return False
    path = folder / f"{run}.jsonl"
    lines = _lines(path)
    if not lines:
        return False
    return lines[-1].get("event") == ENDED or (_is_of_this_machine(lines) and _is_free(path))


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"), reverse=True)


def _is_of_this_machine(lines: list[dict[str, Any]]) -> bool:
    """Homes are shared between machines, and not every file system shares its locks with them."""
    return bool(lines[0].get("machine") == socket.gethostname())


def _locked(path: Path) -> TextIO | None:
    """The file, for as long as this process lives; None where the disk is full or gone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    except OSError:  # must not stop a promotion
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Locked(f"run {path.stem} is under way on this machine") from None
    except OSError:
        file.close()
        return None
    return file


def _is_free(path: Path) -> bool:
    """Whether no process holds the file."""
    try:
        with path.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [_line(line) for line in text.splitlines()]


def _line(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        # The machine died while the line was written.
        return {}
    return line if isinstance(line, dict) else {}
