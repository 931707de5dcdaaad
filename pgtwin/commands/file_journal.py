"""The journal of a run: a file on the operator's machine, copied to a bucket at the end.

What always holds: the file is locked for as long as its run lives, so that a second terminal never
takes up a run that is still under way. A journal that cannot be read or written stops nothing.
"""

import fcntl
import json
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pgtwin.errors import Locked

ENDED = "ended"
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}", re.ASCII)


def journal_folder() -> Path:
    """Where journals are kept: XDG's state folder."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "pgtwin"


class FileJournal:
    """One JSON object per line."""

    def __init__(self, run: str, what: str, folder: Path) -> None:
        self._run = run
        self._what = what
        self.path = folder / f"{run}.jsonl"
        self._file: TextIO | None = None
        # A disk that is full or gone must not stop a promotion.
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Append one line."""
        line = {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "run": self._run,
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
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        lines = _lines(path)
        if not lines or lines[0].get("what") != what:
            continue
        if lines[-1].get("event") == ENDED:
            return None
        if _is_under_way(path):
            raise Locked(f"pgtwin {what} is under way on this machine, as run {path.stem}")
        return path.stem
    return None


def has_ended(run: str, folder: Path) -> bool:
    """Whether a run of this machine is known to have come to its end.

    `run` may come from anywhere: what is no run's id names no journal.
    """
    if not _RUN.fullmatch(run):
        return False
    lines = _lines(folder / f"{run}.jsonl")
    return bool(lines) and lines[-1].get("event") == ENDED


def _is_under_way(path: Path) -> bool:
    try:
        with path.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


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
