"""What a machine of the rig reaches of the internet: the repositories of the operators' charts.

A name server per site, where AWS has one, which knows the repositories' names and no other; and
HTTPS behind them, with a certificate of the site's own authority, which Helm's jobs trust.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from cryptography import x509

from drill.rig import dns_message
from drill.rig.chart_index import index

CERTIFICATE = "repositories"
"""The name of its pair in a site's PKI folder."""
_DNS, _HTTPS = 53, 443
_POLL_SECONDS = 0.5
_MESSAGE_BYTES = 4096
_log = logging.getLogger(__name__)


def serve(*, resolver: IPv4Address, address: IPv4Address, pki: Path, charts: Path) -> None:
    """Serve one site from now on, in threads; HTTPS from the moment at which it has a certificate.

    `charts` is a folder of chart archives. The names that are known are those of the certificate.
    """
    threading.Thread(target=_answer_names, args=(resolver, address, pki), daemon=True).start()
    threading.Thread(target=_serve_charts, args=(address, pki, charts), daemon=True).start()


def repositories(manifests: Path) -> Sequence[str]:
    """The hosts of the repositories that a site's charts come from."""
    found = set()
    for file in manifests.glob("*.yaml"):
        for item in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if item and item["kind"] == "HelmChart":
                found.add(str(urlsplit(item["spec"]["repo"]).hostname))
    return sorted(found)


def _hosts(pki: Path) -> Sequence[str]:
    file = pki / f"{CERTIFICATE}.crt"
    if not file.exists():
        return ()
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)


def _answer_names(resolver: IPv4Address, address: IPv4Address, pki: Path) -> None:
    known: dict[str, IPv4Address] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((str(resolver), _DNS))
        while True:
            message, sender = listening.recvfrom(_MESSAGE_BYTES)
            known = known or dict.fromkeys(_hosts(pki), address)
            try:
                listening.sendto(dns_message.answer(message, known), sender)
            except (ValueError, OSError) as error:
                _log.warning("%s", error)


def _serve_charts(address: IPv4Address, pki: Path, charts: Path) -> None:
    certificate = pki / f"{CERTIFICATE}.crt"
    while not certificate.exists():
        time.sleep(_POLL_SECONDS)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            if name == "index.yaml":
                self._give(index(charts).encode())
            elif (file := charts / name).is_file():
                self._give(file.read_bytes())
            else:
                self.send_error(404)

        def _give(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    http = ThreadingHTTPServer((str(address), _HTTPS), Handler)
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    http.serve_forever()
