"""`run_with_names.py TABLE PROGRAM [ARGUMENT...]`: a Python program for which TABLE is the DNS.

TABLE is JSON: what each of AWS' names leads to, `{"port", "after_seconds"}`; it is read at each
look-up, since names fail at any moment too. Names below a known one lead where that does.
"""

import json
import runpy
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_DOMAIN = ".amazonaws.com"
_resolve = socket.getaddrinfo


def main(table: Path, program: list[str]) -> None:
    """Become the program."""
    socket.getaddrinfo = resolver(table)
    sys.argv = program
    runpy.run_path(program[0], run_name="__main__")


def resolver(table: Path) -> Callable[..., Any]:
    """What stands in for `socket.getaddrinfo`."""

    def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if not (isinstance(host, str) and host.endswith(_DOMAIN)):
            return _resolve(host, port, *rest, **options)
        return _resolve("127.0.0.1", _port(table, host), *rest, **options)

    return getaddrinfo


def _port(table: Path, host: str) -> int:
    known = json.loads(table.read_text())
    name = host
    while name not in known and name:
        name = name.partition(".")[2]
    entry = known.get(name, {"port": None, "after_seconds": 0.0})
    time.sleep(entry["after_seconds"])
    if entry["port"] is None:
        raise socket.gaierror(socket.EAI_AGAIN, f"nobody resolves {host}")
    return int(entry["port"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
