"""The API over HTTP on loopback, so that a kubectl can talk to it.

Plain HTTP, no authentication.
"""

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from drill.kubernetes.api.exec_stream import ExecStream
from drill.kubernetes.api.faults import Faults
from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.api.routes import ApiRoutes
from drill.kubernetes.api.watch import ObjectWatch
from drill.kubernetes.status_error import StatusError

_log = logging.getLogger(__name__)


class ApiServer:
    """Serves in threads of this process until closed."""

    def __init__(self, *, routes: ApiRoutes, watch: ObjectWatch, faults: Faults) -> None:
        handler = type("Handler", (_Handler,), {"routes": routes, "watch": watch, "faults": faults})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    routes: ApiRoutes
    watch: ObjectWatch
    faults: Faults

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self) -> None:
        self.faults.wait_while_silent()
        if self.faults.is_api_away:
            self.close_connection = True
            return
        request = self._request()
        try:
            if self.headers.get("Upgrade") == "websocket":
                self._run_command(request)
            elif request.option("watch") in ("true", "1"):
                self._stream(request)
            else:
                answer = self.routes.answer(request)
                created = request.method == "POST" and not isinstance(answer, str)
                self._send(201 if created else 200, answer)
        except StatusError as error:
            self._send(error.code, error.document)
        except BrokenPipeError:
            self.close_connection = True
        except Exception as error:
            _log.exception("%s %s", request.method, request.path)
            refusal = StatusError.internal(repr(error))
            self._send(refusal.code, refusal.document)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _request(self) -> ApiRequest:
        address = urlsplit(self.path)
        return ApiRequest(
            method=self.command,
            path=address.path,
            query=parse_qs(address.query, keep_blank_values=True),
            content_type=self.headers.get("Content-Type", ""),
            user_agent=self.headers.get("User-Agent", ""),
            impersonated=self.headers.get("Impersonate-User", ""),
            body=self._body(),
        )

    def _body(self) -> bytes:
        """The body, in chunks where its length was not known: so kubectl sends a file."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while length := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, code: int, answer: dict[str, Any] | str) -> None:
        plain = isinstance(answer, str)
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if plain else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _run_command(self, request: ApiRequest) -> None:
        command = self.routes.command(request)
        self.close_connection = True
        stream = ExecStream(self.connection, self.path, dict(self.headers))
        stream.run(command, reads_input=request.option("stdin") == "true")

    def _stream(self, request: ApiRequest) -> None:
        events = self.watch.events(request)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for event in events:
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
                if self.faults.is_api_away:
                    break
            else:
                self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.close_connection = True
