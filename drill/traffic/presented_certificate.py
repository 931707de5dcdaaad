"""What a server of PostgreSQL proves itself with, verified as an application verifies it."""

import socket
import ssl

from drill.traffic import ssl_request
from drill.traffic.endpoint import CONNECT_SECONDS, Endpoint


def presented_certificate(endpoint: Endpoint) -> bytes:
    """The certificate as DER.

    Raises:
        OSError: where nothing answers, or what answers is not the writer.
    """
    context = ssl.create_default_context(cafile=str(endpoint.bundle))
    address = (endpoint.host, endpoint.port)
    with socket.create_connection(address, timeout=CONNECT_SECONDS) as plain:
        plain.sendall(ssl_request.MESSAGE)
        if plain.recv(1) != b"S":
            raise OSError(f"{endpoint.host} offers no TLS")
        with context.wrap_socket(plain, server_hostname=endpoint.alias) as secure:
            return secure.getpeercert(binary_form=True) or b""
