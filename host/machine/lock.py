"""One run at a time."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from host.errors import Locked
from host.machine.machine import Clock, Files

_EVERY_SECONDS = 0.5
_log = logging.getLogger(__name__)


@contextmanager
def lock(files: Files, name: str) -> Iterator[None]:
    """Hold the lock `name` of this machine; the kernel frees it however the run ends.

    Raises:
        Locked: when another run holds it.
    """
    files.folder("/run/pgtwin")
    descriptor = os.open(files.path(f"/run/pgtwin/{name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _is_taken(descriptor):
            raise Locked(
                f"another run holds the lock '{name}' - repeat when it has ended; to watch it, "
                "run: journalctl -fu 'pgtwin-*'"
            )
        yield
    finally:
        os.close(descriptor)


@contextmanager
def lock_in_time(files: Files, name: str, *, clock: Clock, seconds: float) -> Iterator[None]:
    """The same, after waiting for the other run.

    Raises:
        Locked: when another run still holds it after `seconds`.
    """
    deadline = clock.monotonic() + seconds
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(lock(files, name))
                break
            except Locked:
                if clock.monotonic() >= deadline:
                    raise
            _log.info("waiting for the lock '%s'", name)
            clock.sleep(_EVERY_SECONDS)
        yield


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
