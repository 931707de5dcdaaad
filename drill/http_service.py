"""HTTP in threads of this process."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_POLL_SECONDS = 0.1
_FREE = ("127.0.0.1", 0)


class HttpHandler(BaseHTTPRequestHandler):
    """Takes and sends whole bodies, and logs nothing."""

    def body(self) -> bytes:
        """What the client sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status: int, body: bytes, *, kind: str = "application/json") -> None:
        """Answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Nothing: most are asked all the time."""


class HttpService:
    """Holds its port from its making, and answers from `start` to `close`."""

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], *, address: tuple[str, int] = _FREE
    ) -> None:
        self._server = ThreadingHTTPServer(address, handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        self.url = f"http://{address[0]}:{self._server.server_port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
