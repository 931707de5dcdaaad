"""What a machine of the rig reaches of the internet: the repositories of the operators' charts.

A name server per VPC, where AWS has one, knows the repositories' names and those of AWS that its
VPC would know, and no other. Behind the repositories' is HTTPS, with the certificate of the part
`chart-repository`, which Helm's jobs trust.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

from drill.rig import dns_message

_DNS, _HTTPS = 53, 443
_MESSAGE_BYTES = 4096
_log = logging.getLogger(__name__)


Lookup = Callable[[str], IPv4Address | None]
"""The address of a name; None for a name that is not known."""


def serve(
    *, resolvers: Mapping[IPv4Address, Lookup], address: IPv4Address, repository: Path
) -> None:
    """Serve from now on, in threads.

    `resolvers` has the address of each name server, and what it knows beside the repositories.
    `repository` holds `www/HOST/PATH`, `tls.crt` and `tls.key`.
    """
    hosts = {host.name for host in (repository / "www").iterdir()}
    for resolver, lookup in resolvers.items():

        def known(name: str, others: Lookup = lookup) -> IPv4Address | None:
            return address if name in hosts else others(name)

        threading.Thread(target=_answer_names, args=(resolver, known), daemon=True).start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(repository / "tls.crt", repository / "tls.key")
    http = ThreadingHTTPServer((str(address), _HTTPS), _handler(repository / "www"))
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=http.serve_forever, daemon=True).start()


def _answer_names(resolver: IPv4Address, known: Lookup) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((str(resolver), _DNS))
        while True:
            message, sender = listening.recvfrom(_MESSAGE_BYTES)
            try:
                listening.sendto(dns_message.answer(message, known), sender)
            except Exception as error:  # of AWS too: the next question may be answered
                _log.warning("%s", error)


def _handler(www: Path) -> type[SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        """Files of the folder that is named after the host that was asked for."""

        def translate_path(self, path: str) -> str:
            host = self.headers.get("Host", "").partition(":")[0]
            if host not in {each.name for each in www.iterdir()}:
                return "/nowhere"
            self.directory = str(www / host)
            return super().translate_path(path)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: Helm's own log is enough."""

    return Handler
