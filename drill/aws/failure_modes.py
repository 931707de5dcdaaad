"""How a region's endpoints fail, as data: each mode is an address that fails in that way.

A mode is what a client meets at the socket, so it says the same to boto3, barman-cloud and the
host program. Everything listens on loopback and ends with its context.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_LOOPBACK = "127.0.0.1"
_BACKLOG_FILLERS = 4
"""More connections than a listener with a backlog of 0 completes; later SYNs are dropped."""


@dataclass(frozen=True, kw_only=True)
class FailureMode:
    """One way to fail; `endpoint` gives the URL that fails so for as long as it is entered."""

    name: str
    endpoint: Callable[[], AbstractContextManager[str]]
    answers: bool = False
    """Whether the region refuses in so many words, instead of being silent or broken."""


@contextmanager
def _refused() -> Iterator[str]:
    with socket.socket() as held:
        held.bind((_LOOPBACK, 0))  # bound and not listening: nobody else gets the port
        yield _url(held)


@contextmanager
def _swallowed_syn() -> Iterator[str]:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((_LOOPBACK, 0))
        listener.listen(0)
        for _ in range(_BACKLOG_FILLERS):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield _url(listener)


@contextmanager
def _accepting(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((_LOOPBACK, 0), backlog=64))
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield _url(listener)
        # A closed descriptor alone leaves accept() waiting.
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()


def _hold(_: socket.socket) -> None:
    """Accept and never answer."""


@contextmanager
def _tls_broken() -> Iterator[str]:
    with _accepting(lambda connection: connection.sendall(b"not a TLS record\r\n")) as url:
        yield url.replace("http:", "https:")


@contextmanager
def _dns_gone() -> Iterator[str]:
    yield "http://gone.invalid:80"  # RFC 6761: .invalid never resolves


def _answering(status: int, body: str, kind: str) -> Callable[[], AbstractContextManager[str]]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 (http.server)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    @contextmanager
    def endpoint() -> Iterator[str]:
        with ThreadingHTTPServer((_LOOPBACK, 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield _url(server.socket)
            server.shutdown()

    return endpoint


def _error(status: int, code: str) -> Callable[[], AbstractContextManager[str]]:
    # Some services wrap the error, S3 does not; each reads its own form and skips the other.
    body = (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>{code}</Message></Error>"
        f"<Code>{code}</Code></ErrorResponse>"
    )
    return _answering(status, body, "text/xml")


def _json_error(status: int, code: str) -> Callable[[], AbstractContextManager[str]]:
    return _answering(
        status, f'{{"__type": "{code}", "message": "{code}"}}', "application/x-amz-json-1.1"
    )


DEAD = (
    FailureMode(name="refused", endpoint=_refused),
    FailureMode(name="reset", endpoint=lambda: _accepting(_reset)),
    FailureMode(name="swallowed SYN", endpoint=_swallowed_syn),
    FailureMode(name="swallowed after accept", endpoint=lambda: _accepting(_hold)),
    FailureMode(name="DNS gone", endpoint=_dns_gone),
    FailureMode(name="TLS broken", endpoint=_tls_broken),
    FailureMode(name="500", endpoint=_json_error(500, "InternalServerError")),
    FailureMode(name="500 empty", endpoint=_answering(500, "", "text/plain")),
    FailureMode(
        name="503 HTML", endpoint=_answering(503, "<html>Service Unavailable</html>", "text/html")
    ),
    FailureMode(name="503 with a code", endpoint=_json_error(503, "ServiceUnavailable")),
    FailureMode(name="throttled", endpoint=_json_error(400, "ThrottlingException")),
)
"""Modes in which nobody can tell whether a request took effect."""
REFUSING = (
    FailureMode(
        name="access denied", endpoint=_json_error(400, "AccessDeniedException"), answers=True
    ),
    FailureMode(
        name="expired credentials", endpoint=_json_error(400, "ExpiredTokenException"), answers=True
    ),
)
"""Modes in which the request surely had no effect."""
XML_DEAD = (
    FailureMode(name="500 XML", endpoint=_error(500, "InternalFailure")),
    FailureMode(name="503 SlowDown XML", endpoint=_error(503, "SlowDown")),
)
XML_REFUSING = (
    FailureMode(name="access denied XML", endpoint=_error(403, "AccessDenied"), answers=True),
    FailureMode(name="expired XML", endpoint=_error(400, "ExpiredToken"), answers=True),
)


def _url(listener: socket.socket) -> str:
    return f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
