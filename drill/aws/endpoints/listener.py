"""A port that can be open, closed, or deaf, and stays the same port throughout."""

import contextlib
import select
import socket
import threading
from collections.abc import Callable

from drill.aws.bound_socket import bound_socket
from drill.failure_modes import Connecting

LOOPBACK = "127.0.0.1"
_BACKLOG = 128
_FILLERS = 4
"""More connections than a listener with a backlog of 0 completes; later SYNs are dropped."""


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
        self._woken, self._wake = socket.socketpair()
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, connecting: Connecting) -> None:
        """What a client that connects meets from now on."""
        with self._lock:
            if self._closed or connecting == self._connecting:
                return
            self._shut()
            self._socket = bound_socket(LOOPBACK, self.port)
            self._connecting = connecting
            if connecting == "accepted":
                self._socket.listen(_BACKLOG)
            elif connecting == "ignored":
                self._fill()
            self._wake.send(b"!")

    def close(self) -> None:
        """Give the port back."""
        with self._lock:
            self._closed = True
            self._shut()
            self._wake.close()

    def _shut(self) -> None:
        with contextlib.suppress(OSError):  # nobody listened
            # While it is selected, a socket that is only closed keeps its port.
            self._socket.shutdown(socket.SHUT_RDWR)
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
        with self._woken:
            while not self._closed:
                # A socket that nobody accepts from is always ready; a closed one wakes nobody.
                awaited = [self._socket] if self._connecting == "accepted" else []
                with contextlib.suppress(OSError, ValueError):  # it is closed and bound meanwhile
                    ready, _, _ = select.select([self._woken, *awaited], [], [])
                    if self._woken in ready:
                        self._woken.recv(_BACKLOG)
                    elif ready:
                        self._take_one()

    def _take_one(self) -> None:
        with self._lock:
            if self._closed or self._connecting != "accepted":
                return
            self._socket.setblocking(False)
            connection, _ = self._socket.accept()
        connection.setblocking(True)
        threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
