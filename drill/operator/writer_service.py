"""The service that leads clients to a site's writer, on one loopback port for good.

It speaks TLS in PostgreSQL's place, whose build here has none: a client asks for TLS as always, is
answered with the cluster's certificate, and what it then sends reaches the writer over loopback.
Where the manifest refuses plain connections, so does the service. Without a writer it accepts no
connection that could hang: it closes each at once. So it does where no machine admits clients, and
it cuts the connections that it has when that ends: as the machines' packet filters do.
"""

import asyncio
import contextlib
import ssl
import struct
import threading
from collections.abc import Callable

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_REFUSAL = "no pg_hba.conf entry for this connection, no encryption"
_CHUNK = 65536
_GATE_SECONDS = 0.05


class WriterService:
    """Relays each connection to whatever port `writer` names at that moment."""

    def __init__(
        self,
        *,
        port: int,
        writer: Callable[[], int | None],
        tls: ssl.SSLContext,
        requires_tls: bool,
        admits: Callable[[], bool] = lambda: True,
    ) -> None:
        self.port = port
        self._writer = writer
        self._tls = tls
        self._requires_tls = requires_tls
        self._admits = admits
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def reload(self, tls: ssl.SSLContext) -> None:
        """Offer another certificate to connections from now on."""
        self._tls = tls

    def close(self) -> None:
        """Stop listening and cut every connection."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # the aborted sockets are closed in the loop's next turn

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        serving = asyncio.ensure_future(self._lead(client, answers))
        try:
            while self._admits() and not serving.done():
                await asyncio.wait([serving], timeout=_GATE_SECONDS)
            if serving.done():
                answers.close()
            else:
                answers.transport.abort()
        except asyncio.CancelledError:
            # A client that was not told would wait for ever for an answer.
            answers.transport.abort()
            raise
        finally:
            serving.cancel()

    async def _lead(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first = await self._negotiate(client, answers)
            port = self._writer() if first is not None else None
            if first is not None and port is not None:
                await _relay(client, answers, port, first)

    async def _negotiate(
        self, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> bytes | None:
        """What the client sent beyond the negotiation; None where it was refused."""
        while True:
            head = await client.readexactly(8)
            request = struct.unpack("!ii", head)[1]
            if request == _GSS_REQUEST:
                answers.write(b"N")
            elif request == _SSL_REQUEST:
                answers.write(b"S")
                await answers.drain()
                await answers.start_tls(self._tls)
                return b""
            elif self._requires_tls:
                answers.write(_error(_REFUSAL))
                await answers.drain()
                return None
            else:
                return head


async def _relay(
    client: asyncio.StreamReader, answers: asyncio.StreamWriter, port: int, first: bytes
) -> None:
    server, requests = await asyncio.open_connection("127.0.0.1", port)
    requests.write(first)
    directions = [
        asyncio.ensure_future(_copy(client, requests)),
        asyncio.ensure_future(_copy(server, answers)),
    ]
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        requests.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()


def _error(message: str) -> bytes:
    fields = f"SFATAL\0VFATAL\0C28000\0M{message}\0\0".encode()
    return b"E" + struct.pack("!i", len(fields) + 4) + fields
