"""What somebody learns who listens on the tunnel's port before the tunnel does."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from host.certificates import tls_secrets
from pgtwin.commands.tunnel import connection
from tests import certificates
from tests.contract.tls_listener import certificate
from topology.load import load
from topology.topology import Topology

ROOT = Path(__file__).parents[2]
CLEARTEXT = struct.pack("!cii", b"R", 8, 3)
"""AuthenticationCleartextPassword (PostgreSQL 18 documentation, 54.7)."""
PASSWORD = "of the owner"


@dataclass
class Listener:
    """Speaks TLS with a certificate of its own, and asks for the password as it is."""

    port: int
    heard: list[bytes] = field(default_factory=list)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Listener(server.getsockname()[1])

        def serve() -> None:
            plain, _ = server.accept()
            with contextlib.suppress(OSError), plain:
                plain.recv(8)
                plain.sendall(b"S")
                with context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(1024)
                    secure.sendall(CLEARTEXT)
                    found.heard.append(secure.recv(1024))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield found
        thread.join(10)


@pytest.fixture
def topology() -> Topology:
    return load(ROOT / "config/default.yaml")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A file with what the operator trusts, in a folder with an awkward name."""
    folder = tmp_path / "it's here"
    folder.mkdir()
    secrets = certificates.secrets(tmp_path / "machine", hosts=[certificates.ALIAS])
    file = folder / "authority.crt"
    file.write_text(tls_secrets.bundle(secrets[tls_secrets.AUTHORITY]))
    return file


def test_who_listens_on_the_port_is_told_nothing_without_a_certificate_of_the_writers_name(
    listener: Listener, topology: Topology, bundle: Path
) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(connection(topology, listener.port, bundle), password=PASSWORD)

    assert listener.heard == []


def test_the_password_is_not_told_to_who_has_stolen_one_either(
    listener: Listener, topology: Topology, bundle: Path
) -> None:
    words = connection(topology, listener.port, bundle).replace("verify-full", "require")

    with pytest.raises(psycopg.OperationalError, match="authentication method requirement"):
        psycopg.connect(words.replace(f"sslrootcert='{_quoted(bundle)}'", ""), password=PASSWORD)


def test_without_that_he_would_learn_it(listener: Listener) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            f"host=127.0.0.1 port={listener.port} user=x sslmode=require", password=PASSWORD
        )

    assert PASSWORD.encode() in listener.heard[0]


def test_a_relay_is_found_by_the_binding_to_tls_where_the_server_can_bind(
    topology: Topology, bundle: Path
) -> None:
    pooled = topology.model_copy(
        update={"database": topology.database.model_copy(update={"pooler_instances": 2})}
    )

    assert conninfo_to_dict(connection(topology, 1, bundle))["channel_binding"] == "require"
    assert "channel_binding" not in conninfo_to_dict(connection(pooled, 1, bundle))
    assert conninfo_to_dict(connection(topology, 1, bundle))["sslrootcert"] == str(bundle)


def _quoted(file: Path) -> str:
    return str(file).replace("'", r"\'")
