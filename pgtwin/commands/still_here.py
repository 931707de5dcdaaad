"""Says that a command still works, where it would be silent otherwise."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from pgtwin.deadlines import STILL_HERE_SECONDS


class StillHere:
    """What is under way, since when, and whether a person is being asked meanwhile."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._what = ""
        self._since = monotonic()

    def begin(self, what: str) -> None:
        """From now on `what` is under way."""
        self._what, self._since = what, monotonic()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Say nothing while a person is asked; what was under way goes on afterwards."""
        what = self._what
        self.begin("")
        try:
            yield
        finally:
            self.begin(what)

    @contextmanager
    def saying(self) -> Iterator["StillHere"]:
        """Say it every few seconds until the end."""
        over = threading.Event()
        threading.Thread(target=self._until, args=(over,), daemon=True).start()
        try:
            yield self
        finally:
            over.set()

    def _until(self, over: threading.Event) -> None:
        while not over.wait(STILL_HERE_SECONDS):
            what, seconds = self._what, monotonic() - self._since
            if what and seconds >= STILL_HERE_SECONDS / 2:
                self._say(f"          {what}: under way for {seconds:.0f} s")
