"""One region's way in: an address that can be taken away and given back."""

import socket
import threading
from typing import Any
from wsgiref.types import WSGIApplication

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from drill.aws.bound_socket import bound_socket

LOOPBACK = "127.0.0.1"


class RegionServer:
    """Serves a region on a port that stays the region's own through any number of cuts.

    While it is cut, the port is bound but not listened on, so that new connections are refused by
    the kernel and no other process can take it; open connections are closed without an answer.
    """

    def __init__(self, application: WSGIApplication, host: str = LOOPBACK, port: int = 0) -> None:
        self._application = application
        self._host = host
        self._reserved: socket.socket | None = bound_socket(host, port)
        self.port: int = self._reserved.getsockname()[1]
        self._server: _Server | None = None

    def serve(self) -> None:
        """Answer from now on; does nothing while it already does."""
        if self._reserved is None:
            return
        self._reserved.listen(128)
        self._server = _Server(self._application, self._host, self._reserved)
        self._reserved = None
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def drop_connections(self) -> None:
        """Close what is open without an answer, and go on taking new connections."""
        if self._server is not None:
            self._server.drop_connections()

    def cut(self) -> None:
        """Close everything without an answer and refuse what comes; does nothing while cut."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._reserved = bound_socket(self._host, self.port)
        self._server.drop_connections()
        self._server = None


class _Server(ThreadedWSGIServer):  # type: ignore[misc] # werkzeug is skipped by mypy
    """werkzeug's threaded server, on a given socket, that remembers its open connections."""

    daemon_threads = True

    def __init__(self, application: WSGIApplication, host: str, listening: socket.socket) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        port = listening.getsockname()[1]
        super().__init__(host, port, application, _Handler, fd=listening.fileno())
        listening.close()  # werkzeug listens on a duplicate

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Close every open connection, whatever is under way on it."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    protocol_version = "HTTP/1.1"

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Hang up: a request to a region that is cut off gets no answer, not even a late one."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line a request is moto's job at DEBUG; thousands of them help nobody."""
