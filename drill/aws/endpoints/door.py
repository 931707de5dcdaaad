"""The address of one service of one region; in front of the embedded AWS, over TLS."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable

from drill.aws.endpoints.exchange import pass_on, read_request, refusal
from drill.aws.endpoints.listener import Listener
from drill.aws.endpoints.names import Place
from drill.failure_modes import TRICKLE_SECONDS, WELL, FailureMode

_HANDSHAKE_SECONDS = 30.0
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""


class Door:
    """Fails in any mode, from any moment on; requests that are under way meet it as well."""

    def __init__(
        self,
        place: Place,
        *,
        upstream: int,
        trusted: ssl.SSLContext,
        untrusted: ssl.SSLContext,
        asked: Callable[[Place], None],
    ) -> None:
        self.place = place
        self._upstream = upstream
        self._trusted, self._untrusted = trusted, untrusted
        self._asked = asked
        self._mode = WELL
        self._lock = threading.Lock()
        self.delivering = 0
        """How many requests are on their way to the service."""
        self._closed = threading.Event()
        self._listener = Listener(self._serve)
        self.port = self._listener.port

    def fail(self, mode: FailureMode) -> None:
        """Fail in this mode from now on, or be WELL."""
        self._mode = mode if mode.fails(self.place.service) else WELL
        self._listener.become(self._mode.connecting)

    def close(self) -> None:
        """Answer nobody any more."""
        self._closed.set()
        self._listener.close()

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(raw)
            if self._refuses_to_speak(raw):
                return
            context = self._untrusted if self._mode.speaking == "untrusted" else self._trusted
            raw.settimeout(_HANDSHAKE_SECONDS)
            client = stack.enter_context(context.wrap_socket(raw, server_side=True))
            request = read_request(client)
            if request:
                self._asked(self.place)
                self._answer(client, request)

    def _refuses_to_speak(self, raw: socket.socket) -> bool:
        speaking = self._mode.speaking
        if speaking == "resets":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        elif speaking == "no TLS":
            raw.sendall(b"not a TLS record\r\n")
        elif speaking == "holds":
            self._closed.wait()
        return speaking not in ("forwards", "untrusted")

    def _answer(self, client: socket.socket, request: bytes) -> None:
        mode = self._mode
        if mode.connecting != "accepted" or mode.speaking != "forwards":
            self._closed.wait()  # the region went while this was on its way
        elif mode.answer is not None:
            client.sendall(refusal(mode.answer, self.place.speaks))
        else:
            answer = self._deliver(request, mode.delivers_after_seconds)
            if mode.trickles:
                self._trickle(client, answer)
            else:
                client.sendall(answer)

    def _deliver(self, request: bytes, after_seconds: float) -> bytes:
        with self._lock:
            self.delivering += 1
        try:
            time.sleep(after_seconds)
            return pass_on(request, self._upstream)
        finally:
            with self._lock:
                self.delivering -= 1

    def _trickle(self, client: socket.socket, answer: bytes) -> None:
        for byte in answer:
            client.sendall(bytes((byte,)))
            if self._closed.wait(TRICKLE_SECONDS):
                return
