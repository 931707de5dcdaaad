"""What a run did, step by step."""

from typing import Protocol


class Journal(Protocol):
    """Takes one line per beginning and end of a step; losing a line never stops a run."""

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Write that `event` (begun, done, already done, left to do, failed) happened to `step`."""
        ...
