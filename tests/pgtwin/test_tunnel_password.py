"""What somebody learns who listens on the tunnel's port before the tunnel does."""

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

from pgtwin.commands.tunnel import connection
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
            with plain:
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


def test_the_password_is_not_told_to_who_asks_for_it(
    listener: Listener, topology: Topology
) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication method requirement"):
        psycopg.connect(connection(topology, listener.port), password=PASSWORD)


def test_without_that_he_would_learn_it(listener: Listener) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            f"host=127.0.0.1 port={listener.port} user=x sslmode=require", password=PASSWORD
        )

    assert PASSWORD.encode() in listener.heard[0]


def test_a_relay_is_found_by_the_binding_to_tls_where_the_server_can_bind(
    topology: Topology,
) -> None:
    pooled = topology.model_copy(
        update={"database": topology.database.model_copy(update={"pooler_instances": 2})}
    )

    assert conninfo_to_dict(connection(topology, 1))["channel_binding"] == "require"
    assert "channel_binding" not in conninfo_to_dict(connection(pooled, 1))
