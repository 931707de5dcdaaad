"""Answers the program calls of one machine, in threads of the drill's process."""

import contextlib
import shlex
import socketserver
import threading
from collections.abc import Mapping
from pathlib import Path

from drill.sites.program_result import Program, ProgramResult

_CLIENT = Path(__file__).with_name("program.sh")


class ProgramServer:
    """Offers programs as executables in a folder; every call is recorded."""

    def __init__(self, programs: Mapping[str, Program], *, folder: Path) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._programs = programs
        handler = type("Call", (_Call,), {"programs": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        folder.mkdir(parents=True, exist_ok=True)
        port = self._server.server_address[1]
        for name in programs:
            call = shlex.join(["bash", str(_CLIENT), str(port), name])
            (folder / name).write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
            (folder / name).chmod(0o755)

    def run(self, argv: list[str]) -> ProgramResult:
        """One call."""
        self.calls.append(tuple(argv))
        return self._programs[argv[0]](argv[1:])

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class _Call(socketserver.StreamRequestHandler):
    """Each word ends with a NUL: a count and that many; back go exit code, errors, output."""

    programs: ProgramServer

    def handle(self) -> None:
        # A caller that its machine's power cut has killed waits for no answer.
        with contextlib.suppress(ConnectionError):
            result = self.programs.run([self._word() for _ in range(int(self._word()))])
            self.wfile.write(f"{result.exit_code}\0{result.stderr}\0{result.stdout}".encode())

    def _word(self) -> str:
        word = bytearray()
        while (character := self.rfile.read(1)) != b"\0":
            if not character:
                raise ConnectionError("the caller went away")
            word += character
        return word.decode()
