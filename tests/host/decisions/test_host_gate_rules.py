"""The gate's rules in the real nftables of this computer, in a network namespace of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host.gate.packet_filter import CLOSED, OPEN, rules

PORT = 30432
TRY = f"""
import socket, subprocess, sys
closed, open_ = sys.argv[1:]

def nft(path):
    subprocess.run(["nft", "-f", path], check=True)

def refused():
    try:
        socket.create_connection(("127.0.0.1", {PORT}), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = socket.create_server(("127.0.0.1", {PORT}))
other = socket.create_server(("127.0.0.1", 5432))
client = socket.create_connection(("127.0.0.1", {PORT}), timeout=5)
backend, _ = server.accept()

nft(closed)
nft(closed)
assert refused(), "a new connection"
backend.sendall(b"committed")
client.settimeout(1)
try:
    assert client.recv(100) == b"", "an answer on a connection that was open"
except TimeoutError:
    pass
try:
    client.sendall(b"insert")
    assert client.recv(100) == b"", "the client is told"
except ConnectionResetError:
    pass
socket.create_connection(("127.0.0.1", 5432), timeout=5).close()

nft(open_)
nft(open_)
assert not refused(), "open again"
"""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("nft", "ip", "unshare"))),
    reason="nft, ip and unshare are not all on PATH",
)


def test_a_closed_gate_lets_no_byte_in_or_out_and_tells_clients_at_once(tmp_path: Path) -> None:
    files = {path: tmp_path / path.rpartition("/")[2] for path in (CLOSED, OPEN)}
    for path, text in rules(PORT).items():
        files[path].write_text(text)

    isolated = ("unshare", "--user", "--map-root-user", "--net")
    ran = subprocess.run(
        [*isolated, sys.executable, "-c", TRY, str(files[CLOSED]), str(files[OPEN])],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
