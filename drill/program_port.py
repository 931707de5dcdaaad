"""Answers program calls, in threads of this process; `program.sh` is what is called.

Each word ends with a NUL: a count and that many; back go exit code, errors, output.
"""

import contextlib
import shlex
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

_CLIENT = Path(__file__).with_name("program.sh")


class Answer(Protocol):
    """What a program left."""

    @property
    def exit_code(self) -> int:
        """0 where all went well."""
        ...

    @property
    def stdout(self) -> str:
        """What it printed."""
        ...

    @property
    def stderr(self) -> str:
        """Its errors."""
        ...


class ProgramPort:
    """Listens on loopback until closed; `run` gets the program's name and its arguments."""

    def __init__(self, run: Callable[[list[str]], Answer], *, unreached: int = 1) -> None:
        """`unreached` is the exit code of a call that gets no answer."""
        handler = type("Call", (_Call,), {"run": staticmethod(run)})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        port = self._server.server_address[1]
        self.command = shlex.join(["bash", str(_CLIENT), str(unreached), str(port)])
        """To be followed by a name and arguments."""

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class _Call(socketserver.StreamRequestHandler):
    run: Callable[[list[str]], Answer]

    def handle(self) -> None:
        # A caller that its machine's power cut has killed waits for no answer.
        with contextlib.suppress(ConnectionError):
            left = self.run([self._word() for _ in range(int(self._word()))])
            self.wfile.write(f"{left.exit_code}\0{left.stderr}\0{left.stdout}".encode())

    def _word(self) -> str:
        word = bytearray()
        while (character := self.rfile.read(1)) != b"\0":
            if not character:
                raise ConnectionError("the caller went away")
            word += character
        return word.decode()
