"""What stands for libpq's TLS on the way between the regions refuses what libpq would refuse."""

import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.authority import Authority
from drill.operator.writer_service import WriterService
from drill.stream.client import Credentials, StreamClient
from drill.stream.region_path import RegionPath
from drill.traffic.tls import SSL_REQUEST_MESSAGE
from tests.echo_server import echo_server
from tests.waiting import HANGS_SECONDS

HOST = "primary.pgtwin.internal"
PATIENCE_SECONDS = 0.5
Connect = Callable[..., socket.socket]


def startup(**parameters: str) -> bytes:
    """A startup message of protocol 3.0."""
    words = "".join(f"{name}\0{value}\0" for name, value in parameters.items()).encode() + b"\0"
    return struct.pack("!ii", len(words) + 8, 196608) + words


REPLICATION = startup(user="streaming_replica", replication="true")


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    """One authority with a server and two clients, and another that nobody trusts."""
    authority = Authority.make(tmp_path, "ca", subject="pgtwin")
    authority.server("server", hosts=[HOST], addresses=[])
    authority.client("replica", user="streaming_replica")
    authority.client("somebody", user="app_user")
    Authority.make(tmp_path, "stranger", subject="stranger")
    return tmp_path


@pytest.fixture
def writer() -> Iterator[int]:
    """Answers whatever it is sent."""
    with echo_server() as port:
        yield port


@pytest.fixture
def service(pki: Path, writer: int) -> Iterator[int]:
    """The writer's service, which asks for client certificates of the authority."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pki / "server.crt", pki / "server.key")
    tls.load_verify_locations(pki / "ca.crt")
    tls.verify_mode = ssl.CERT_OPTIONAL
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = WriterService(port=port, writer=lambda: writer, tls=tls, requires_tls=True)
    yield port
    running.close()


@pytest.fixture
def path(service: int) -> Iterator[RegionPath]:
    """The way there."""
    laid = RegionPath(lambda: service)
    yield laid
    laid.close()


@pytest.fixture
def connect(pki: Path, path: RegionPath) -> Iterator[Connect]:
    """As a follower's PostgreSQL connects, with these credentials."""
    made: list[StreamClient] = []

    def open_one(
        *,
        client: str = "replica",
        authority: str = "ca",
        host: str = HOST,
        mode: str = "verify-full",
        patience_seconds: float = HANGS_SECONDS,
    ) -> socket.socket:
        through = StreamClient(
            {
                "host": host,
                "sslmode": mode,
                "user": "streaming_replica",
                "tcp_user_timeout": str(int(patience_seconds * 1000)),
            },
            credentials=lambda: Credentials(
                certificate=pki / f"{client}.crt",
                key=pki / f"{client}.key",
                authority=pki / f"{authority}.crt",
            ),
            route=lambda _: path.port,
        )
        made.append(through)
        port = int(through.conninfo.split("port='")[1].split("'")[0])
        return socket.create_connection(("127.0.0.1", port), timeout=10)

    yield open_one
    for each in made:
        each.close()


def answer(connection: socket.socket) -> bytes:
    """What comes; nothing where the connection ended."""
    try:
        return connection.recv(1000)
    except ConnectionResetError:
        return b""


def said(connection: socket.socket, message: bytes = REPLICATION) -> bytes:
    with connection:
        connection.sendall(message)
        return answer(connection)


def test_the_certificate_of_replication_reaches_the_writer(connect: Connect) -> None:
    assert said(connect()) == REPLICATION


@pytest.mark.parametrize(
    "wrong",
    [{"host": "dr.pgtwin.internal"}, {"authority": "stranger"}, {"mode": "require"}],
    ids=["a server of another name", "an authority that is not trusted", "a server unverified"],
)
def test_what_verify_full_refuses_gets_no_byte_of_the_follower(
    connect: Connect, wrong: dict[str, str]
) -> None:
    assert said(connect(**wrong)) == b""


def test_replication_with_somebody_elses_certificate_is_refused(connect: Connect) -> None:
    assert b"valid client certificate" in said(connect(client="somebody"))


def test_a_client_of_the_database_needs_no_certificate(service: int, pki: Path) -> None:
    wanted = startup(user="app_user", database="app_db")
    tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    with socket.create_connection(("127.0.0.1", service), timeout=10) as plain:
        plain.sendall(SSL_REQUEST_MESSAGE)
        assert plain.recv(1) == b"S"
        with tls.wrap_socket(plain, server_hostname=HOST) as client:
            client.sendall(wanted)
            assert client.recv(1000) == wanted


def test_a_path_that_swallows_everything_is_given_up_after_the_configured_time(
    connect: Connect, path: RegionPath
) -> None:
    path.cut()
    began = time.monotonic()

    with connect(patience_seconds=PATIENCE_SECONDS) as waiting:
        assert answer(waiting) == b""

    assert time.monotonic() - began >= PATIENCE_SECONDS


def test_a_path_that_is_back_leads_there_again(connect: Connect, path: RegionPath) -> None:
    path.cut()
    with connect(patience_seconds=PATIENCE_SECONDS) as waiting:
        assert answer(waiting) == b""

    path.heal()

    assert said(connect()) == REPLICATION


def test_each_direction_takes_its_time(service: int) -> None:
    far = RegionPath(lambda: service, delay_seconds=0.05)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", far.port), timeout=10) as client:
        client.sendall(SSL_REQUEST_MESSAGE)
        assert client.recv(1) == b"S"
    far.close()

    assert time.monotonic() - began >= 0.1
