"""A port that can be open, closed, or deaf, and stays the same port throughout."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable

from drill.aws.bound_socket import bound_socket
from drill.failure_modes import Connecting

LOOPBACK = "127.0.0.1"
_BACKLOG = 128
_FILLERS = 4
"""More connections than a listener with a backlog of 0 completes; later SYNs are dropped."""
_LOOK_SECONDS = 0.2


class Listener:
    """Gives each connection to `serve` in a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = bound_socket(LOOPBACK, 0)
        self.port: int = self._socket.getsockname()[1]
        self._socket.listen(_BACKLOG)
        self._connecting: Connecting = "accepted"
        self._fillers: list[socket.socket] = []
        self._lock = threading.Lock()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, connecting: Connecting) -> None:
        """What a client that connects meets from now on."""
        with self._lock:
            if connecting == self._connecting:
                return
            self._shut()
            self._socket = bound_socket(LOOPBACK, self.port)
            self._connecting = connecting
            if connecting == "accepted":
                self._socket.listen(_BACKLOG)
            elif connecting == "ignored":
                self._fill()

    def close(self) -> None:
        """Give the port back."""
        with self._lock:
            self._closed = True
            self._shut()

    def _shut(self) -> None:
        for each in (*self._fillers, self._socket):
            each.close()
        self._fillers.clear()

    def _fill(self) -> None:
        self._socket.listen(0)
        for _ in range(_FILLERS):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((LOOPBACK, self.port))
            self._fillers.append(filler)

    def _accept(self) -> None:
        while not self._closed:
            if self._connecting != "accepted":
                # A socket that nobody accepts from is always ready.
                time.sleep(_LOOK_SECONDS)
                continue
            with contextlib.suppress(OSError, ValueError):  # it is closed and bound meanwhile
                ready, _, _ = select.select([self._socket], [], [], _LOOK_SECONDS)
                if ready:
                    self._take_one()

    def _take_one(self) -> None:
        with self._lock:
            if self._closed or self._connecting != "accepted":
                return
            self._socket.setblocking(False)
            connection, _ = self._socket.accept()
        connection.setblocking(True)
        threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
