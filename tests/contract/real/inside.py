"""The first process of the namespaces: starts the real parts, ends them by ending.

What always holds: this is process 1 of a process namespace of its own, so that nothing that it
started outlives it, and it ends when its standard input does, which is when the test session ends,
however that happens. The network namespace has a loopback device and nothing else, so that the API
server reaches nothing but the parts (outside, it would ask the host's DNS for the names of
webhooks' services).

Standard library only. Reads a line of JSON per part: `{"name", "command", "environment", "folder",
"log", "ready"}`, where `ready` is a command that succeeds once the part answers. Answers each with
`{"ready": bool, "seconds"}`.
"""

import json
import os
import select
import subprocess
import sys
import time
from typing import Any, NoReturn

SERVICE_ADDRESS = "10.99.0.1"
"""Where the parts listen that a Service leads to: an endpoint must not be a loopback address."""
WITHIN_SECONDS = 240
"""An API server that starts beside a build of Go on two cores took up to 60 s."""


def main() -> NoReturn:
    """Start what is asked for, in that order, until the end of the session."""
    for command in (
        ("ip", "link", "set", "lo", "up"),
        ("ip", "address", "add", f"{SERVICE_ADDRESS}/32", "dev", "lo"),
        ("mount", "-t", "tmpfs", "tmpfs", "/run"),
    ):
        subprocess.run(command, check=True)
    while line := _line():
        began = time.monotonic()
        ready = _start(json.loads(line), deadline=began + WITHIN_SECONDS)
        answer = {"ready": ready, "seconds": round(time.monotonic() - began, 1)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    os._exit(0)


def _start(part: dict[str, Any], *, deadline: float) -> bool:
    with open(part["log"], "ab") as log:
        process = subprocess.Popen(
            part["command"],
            env={**os.environ, **part["environment"]},
            cwd=part["folder"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    while subprocess.run(part["ready"], capture_output=True, check=False).returncode:
        if process.poll() is not None or _session_is_over(0.2) or time.monotonic() > deadline:
            return False
    return True


def _line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return line


def _session_is_over(seconds: float) -> bool:
    """Whether standard input ended; nobody writes while a part is awaited."""
    readable, _, _ = select.select([0], [], [], seconds)
    return bool(readable)


if __name__ == "__main__":
    main()
