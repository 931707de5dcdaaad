"""Extends the lock while a step takes longer than the lock lasts.

It only extends: a lock that was lost meanwhile stays lost, and stops the run before its next step.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pgtwin.errors import PgtwinError
from pgtwin.lock import LASTS_SECONDS

EVERY_SECONDS = LASTS_SECONDS / 5


@contextmanager
def kept(extend: Callable[[], None], *, every_seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """Call `extend` again and again until the block ends."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(every_seconds):
            try:
                extend()
            except PgtwinError:
                # The check before the next step says why.
                continue

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
