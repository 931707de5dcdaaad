"""What a run did, step by step."""

from typing import Protocol


class Journal(Protocol):
    """Takes one line a step's beginning and end; losing a line never stops a run."""

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Write that `event` (begun, done, already done, failed) happened to `step`."""
        ...
