"""Ports of servers that start and stop, and are found again."""

import contextlib
import random
import socket
from pathlib import Path


def free_port(file: Path) -> int:
    """A free loopback port, the same for as long as `file` exists.

    Below the range from which the kernel takes the ports of outgoing connections.
    """
    while not file.exists():
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randint(20000, 32000)))  # noqa: S311
            file.write_text(str(probe.getsockname()[1]), encoding="utf-8")
    return int(file.read_text(encoding="utf-8"))
