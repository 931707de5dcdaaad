"""One run at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from host.errors import Locked
from host.machine.machine import Files


@contextmanager
def lock(files: Files, name: str) -> Iterator[None]:
    """Hold the lock `name` of this machine; the kernel frees it however the run ends.

    Raises:
        Locked: when another run holds it.
    """
    files.folder("/run/pgtwin")
    descriptor = os.open(files.path(f"/run/pgtwin/{name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(
                f"another run holds the lock '{name}' - wait for it "
                "(journalctl -fu 'pgtwin-*'), then repeat"
            ) from None
        yield
    finally:
        os.close(descriptor)
