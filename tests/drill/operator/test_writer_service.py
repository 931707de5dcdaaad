"""The service that leads clients to the writer obeys the machines' gates."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from drill.operator.writer_service import WriterService
from tests.echo_server import echo_server

PLAIN_START = b"\0\0\0\x08\0\x03\0\0"
"""A StartupMessage of protocol 3.0, without parameters."""


@pytest.fixture
def writer() -> Iterator[int]:
    """Answers whatever it is sent."""
    with echo_server() as port:
        yield port


class Gate:
    is_open = True


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def port(writer: int, gate: Gate) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = WriterService(
        port=port,
        writer=lambda: writer,
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
        requires_tls=False,
        admits=lambda: gate.is_open,
    )
    yield port
    service.close()


def connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(PLAIN_START)
    return client


def answer(client: socket.socket) -> bytes:
    """What came; nothing where the connection was cut."""
    try:
        return client.recv(100)
    except ConnectionResetError:
        return b""


def test_an_open_gate_lets_a_client_through(port: int) -> None:
    with connect(port) as client:
        assert answer(client) == PLAIN_START


def test_a_closed_gate_answers_nobody(port: int, gate: Gate) -> None:
    gate.is_open = False

    with connect(port) as client:
        assert answer(client) == b""


def test_a_gate_that_closes_cuts_the_connections_that_are_open(port: int, gate: Gate) -> None:
    with connect(port) as client:
        assert answer(client) == PLAIN_START
        gate.is_open = False

        assert answer(client) == b"", "cut without a word"
