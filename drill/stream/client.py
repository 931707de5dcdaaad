"""What speaks TLS for a follower, whose PostgreSQL has none here: verify-full, with a certificate.

The follower connects to this port without TLS. It leads to the host that `connectionParameters`
name, is held to that name and to the authority, and shows the certificate of replication: what
libpq does with the same files. Where any of it fails, the connection ends, and PostgreSQL looks
into the archive as it does where libpq fails.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drill.stream.listener import Listener
from drill.stream.relay import relay
from drill.traffic.tls import SSL_REQUEST_MESSAGE

_OF_TLS_AND_ADDRESS = ("host", "hostaddr", "port", "sslmode", "sslcert", "sslkey", "sslrootcert")
_PATIENCE_MILLISECONDS = "130000"
"""Linux gives up a connection that nobody answers after about two minutes."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """PEM files."""

    certificate: Path
    key: Path
    authority: Path


class StreamClient:
    """A loopback port that leads to the writer of the other region while it is open."""

    def __init__(
        self,
        parameters: Mapping[str, str],
        *,
        credentials: Callable[[], Credentials],
        route: Callable[[str], int | None],
    ) -> None:
        """`route` gives the loopback port behind a host name, None where it does not resolve."""
        self.parameters = parameters
        self._credentials = credentials
        self._route = route
        self._listener = Listener(self._serve)

    @property
    def conninfo(self) -> str:
        """`primary_conninfo` as the operator writes it, with this port in place of host and TLS.

        cloudnative-pg v1.30.0 pkg/configfile/connection_string.go: sorted, each value quoted.
        """
        kept = {k: v for k, v in self.parameters.items() if k not in _OF_TLS_AND_ADDRESS}
        here = {"host": "127.0.0.1", "port": str(self._listener.port)}
        return " ".join(f"{name}='{value}'" for name, value in sorted({**kept, **here}.items()))

    def close(self) -> None:
        """End every connection."""
        self._listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        patience = int(self.parameters.get("tcp_user_timeout") or _PATIENCE_MILLISECONDS) / 1000
        there = await asyncio.wait_for(self._connect(), patience)
        await relay((reader, writer), there)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = self.parameters["host"]
        port = self._route(host)
        if port is None:
            raise ConnectionError(f"{host} has no address")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(SSL_REQUEST_MESSAGE)
            if await reader.readexactly(1) != b"S":
                raise ConnectionError(f"{host} speaks no TLS")
            await writer.start_tls(self._context(), server_hostname=host)
        except BaseException:
            writer.transport.abort()
            raise
        return reader, writer

    def _context(self) -> ssl.SSLContext:
        if self.parameters.get("sslmode") != "verify-full":
            raise ConnectionError("only verify-full is spoken here")
        files = self._credentials()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(files.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(files.certificate, files.key)
        return context
