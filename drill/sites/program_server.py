"""Answers the program calls of one machine, in threads of the drill's process."""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from drill.sites.program_result import Program, ProgramResult

_CLIENT = Path(__file__).with_name("program.py")


class ProgramServer:
    """Offers programs as executables in a folder; every call is recorded."""

    def __init__(self, programs: Mapping[str, Program], *, folder: Path, python: str) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._programs = programs
        handler = type("Handler", (_Handler,), {"server_": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True).start()
        folder.mkdir(parents=True, exist_ok=True)
        url = f"http://127.0.0.1:{self._http.server_port}"
        for name in programs:
            script = f'#!/bin/sh\nexec {python} -S -E {_CLIENT} {url} {name} "$@"\n'
            (folder / name).write_text(script, encoding="utf-8")
            (folder / name).chmod(0o755)

    def run(self, argv: list[str]) -> ProgramResult:
        """One call."""
        self.calls.append(tuple(argv))
        return self._programs[argv[0]](argv[1:])

    def close(self) -> None:
        """Answer no more."""
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_: ProgramServer

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_POST(self) -> None:
        argv = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(asdict(self.server_.run(argv))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
