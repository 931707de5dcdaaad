"""The service that leads clients to a site's writer, on one loopback port for good.

It speaks TLS in PostgreSQL's place, whose build here has none: a client asks for TLS as always, is
answered with the cluster's certificate, and what it then sends reaches the writer over loopback.
Where the manifest refuses plain connections, so does the service. Without a writer it accepts no
connection that could hang: it closes each at once. So it does where no machine admits clients, and
it cuts the connections that it has when that ends: as the machines' packet filters do.

Replication needs a client certificate of the authority that says the user's name, which is the rule
that CloudNativePG puts into every pg_hba.conf (`hostssl replication streaming_replica all cert`).
PostgreSQL itself trusts this service for it.
"""

import asyncio
import contextlib
import ssl
import struct
from collections.abc import Callable, Mapping
from typing import Any

from drill.stream.listener import Listener
from drill.stream.relay import relay
from drill.traffic.tls import SSL_REQUEST

_NO_CERTIFICATE = "connection requires a valid client certificate"
_GSS_REQUEST = 80877104
_REFUSAL = "no pg_hba.conf entry for this connection, no encryption"
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
        self._listener = Listener(self._serve, port=port)

    def reload(self, tls: ssl.SSLContext) -> None:
        """Offer another certificate to connections from now on."""
        self._tls = tls

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self._listener.close()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        serving = asyncio.ensure_future(self._lead(client, answers))
        try:
            while self._admits() and not serving.done():
                await asyncio.wait([serving], timeout=_GATE_SECONDS)
            if not serving.done():
                answers.transport.abort()
        finally:
            serving.cancel()

    async def _lead(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first = await self._negotiate(client, answers)
            port = self._writer() if first is not None else None
            if first is not None and port is not None:
                there = await asyncio.open_connection("127.0.0.1", port)
                there[1].write(first)
                await relay((client, answers), there)

    async def _negotiate(
        self, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> bytes | None:
        """What the client sent beyond the negotiation; None where it was refused."""
        while True:
            head = await client.readexactly(8)
            request = struct.unpack("!ii", head)[1]
            if request == _GSS_REQUEST:
                answers.write(b"N")
            elif request == SSL_REQUEST:
                answers.write(b"S")
                await answers.drain()
                await answers.start_tls(self._tls)
                return await self._admitted(client, answers)
            elif self._requires_tls:
                answers.write(_error(_REFUSAL))
                await answers.drain()
                return None
            else:
                return head

    async def _admitted(
        self, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> bytes | None:
        """The startup message, unless it asks for replication without the right certificate."""
        head = await client.readexactly(4)
        message = head + await client.readexactly(struct.unpack("!i", head)[0] - 4)
        startup = startup_parameters(message)
        certificate = answers.get_extra_info("peercert")
        if "replication" in startup and common_name(certificate) != startup.get("user"):
            answers.write(_error(_NO_CERTIFICATE))
            await answers.drain()
            return None
        return message


def startup_parameters(message: bytes) -> dict[str, str]:
    """The names and values of a startup message; a request to cancel has none."""
    words = message[8:].decode(errors="replace").split("\0")
    return dict(zip(words[::2], words[1::2], strict=False))


def common_name(certificate: Mapping[str, Any] | None) -> str | None:
    """Whose certificate it is, as `getpeercert` gives it; None where there was none."""
    subject = (certificate or {}).get("subject", ())
    return next((value for part in subject for key, value in part if key == "commonName"), None)


def _error(message: str) -> bytes:
    fields = f"SFATAL\0VFATAL\0C28000\0M{message}\0\0".encode()
    return b"E" + struct.pack("!i", len(fields) + 4) + fields
