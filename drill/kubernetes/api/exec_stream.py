"""`kubectl exec` over a WebSocket, as a kubelet streams it.

Every message is binary, its first byte the channel: 0 standard input, 1 output, 2 errors, 3 how the
command ended (a Status), 255 the end of the channel that its second byte names
(k8s.io/apimachinery pkg/util/remotecommand, protocol v5). Simplified: the command is started when
its whole input is there, and its output follows when it has ended.
"""

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from drill.kubernetes.pod_exec import ExecResult

_PROTOCOL = Subprotocol("v5.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _ENDED, _CLOSED = 0, 1, 2, 3, 255
_POLL_SECONDS = 0.05


class ExecStream:
    """One upgraded connection."""

    def __init__(self, connection: socket.socket, path: str, headers: Mapping[str, str]) -> None:
        self._connection = connection
        self._message = b""
        self._protocol = ServerProtocol(subprotocols=[_PROTOCOL], max_size=None)
        # It only takes what it has parsed itself.
        request = Request(path, Headers(headers))
        self._protocol.receive_data(request.serialize())
        self._protocol.events_received()
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()

    def run(self, command: Callable[[bytes], ExecResult], *, reads_input: bool) -> None:
        """Run a command on what the client sends, and send what it leaves."""
        results: list[ExecResult] = []
        stdin = self._input() if reads_input else b""
        worker = threading.Thread(target=lambda: results.append(command(stdin)), daemon=True)
        worker.start()
        while worker.is_alive():
            self._receive()  # kubectl asks every 5 s whether anybody is there
        for result in results:
            self._send(_STDOUT, result.stdout.encode())
            self._send(_STDERR, result.stderr.encode())
            self._send(_ENDED, json.dumps(_status(result.exit_code)).encode())
        self._protocol.send_close(1000)
        self._flush()

    def _input(self) -> bytes:
        received = b""
        while True:
            for message in self._receive():
                if message[0] == _STDIN:
                    received += message[1:]
                if message[0] == _CLOSED:
                    return received

    def _receive(self) -> list[bytes]:
        """The messages that came within a moment.

        Raises:
            BrokenPipeError: the client went away.
        """
        readable, _, _ = select.select([self._connection], [], [], _POLL_SECONDS)
        if readable:
            data = self._connection.recv(1 << 16)
            if not data:
                raise BrokenPipeError
            self._protocol.receive_data(data)
            self._flush()
        return list(self._messages())

    def _messages(self) -> Iterator[bytes]:
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.CONT):
                self._message += event.data
                if event.fin and self._message:
                    yield self._message
                    self._message = b""

    def _send(self, channel: int, data: bytes) -> None:
        if data:
            self._protocol.send_binary(bytes([channel]) + data)
            self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)


def _status(exit_code: int) -> dict[str, object]:
    if exit_code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {exit_code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]},
    }
