"""The journal of a run: a file on the operator's machine, copied to a bucket at the end."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ENDED = "ended"


def journal_folder() -> Path:
    """Where journals are kept: XDG's state folder."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "pgtwin"


class FileJournal:
    """One JSON object a line."""

    def __init__(self, run: str, what: str, folder: Path) -> None:
        self._run = run
        self._what = what
        self.path = folder / f"{run}.jsonl"

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Append one line; a disk that is full or gone must not stop a promotion."""
        line = {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "run": self._run,
            "what": self._what,
            "step": step,
            "event": event,
            "detail": detail,
        }
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def interrupted_run(what: str, folder: Path) -> str | None:
    """The newest run of the same command, if it has no end: its lock can be taken up again."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        lines = [_line(text) for text in path.read_text(encoding="utf-8").splitlines()]
        if lines and lines[0].get("what") == what:
            return None if lines[-1].get("event") == ENDED else path.stem
    return None


def _line(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError:
        # The machine died while the line was written.
        return {}
