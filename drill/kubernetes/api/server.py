"""The API over HTTP on loopback, so that a kubectl can talk to it.

Plain HTTP, no authentication.
"""

import json
import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

from drill.http_service import HttpHandler, HttpService
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
        self._http = HttpService(handler)
        self.url = self._http.url
        self._http.start()

    def close(self) -> None:
        """Stop listening."""
        self._http.close()


class _Handler(HttpHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    routes: ApiRoutes
    watch: ObjectWatch
    faults: Faults

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
            body=self.body(),
        )

    def body(self) -> bytes:
        """The body, in chunks where its length was not known: so kubectl sends a file."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return super().body()
        body = b""
        while length := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, code: int, answer: dict[str, Any] | str) -> None:
        if isinstance(answer, str):
            self.send(code, answer.encode(), kind="text/plain")
        else:
            self.send(code, json.dumps(answer).encode())

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
