"""TLS as a client of PostgreSQL asks for it, and what a server proves itself with."""

import socket
import ssl
import struct

from drill.traffic.endpoint import CONNECT_SECONDS, Endpoint

SSL_REQUEST = 80877103
SSL_REQUEST_MESSAGE = struct.pack("!ii", 8, SSL_REQUEST)
"""PostgreSQL 18 documentation, 54.7, SSLRequest."""


def presented_certificate(endpoint: Endpoint) -> bytes:
    """The certificate as DER, verified as an application verifies it.

    Raises:
        OSError: where nothing answers, or what answers is not the writer.
    """
    context = ssl.create_default_context(cafile=str(endpoint.bundle))
    address = (endpoint.host, endpoint.port)
    with socket.create_connection(address, timeout=CONNECT_SECONDS) as plain:
        plain.sendall(SSL_REQUEST_MESSAGE)
        if plain.recv(1) != b"S":
            raise OSError(f"{endpoint.host} offers no TLS")
        with context.wrap_socket(plain, server_hostname=endpoint.alias) as secure:
            return secure.getpeercert(binary_form=True) or b""
