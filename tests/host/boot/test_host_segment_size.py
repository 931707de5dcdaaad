"""The size of TCP segments that a machine passes on, by the real nftables of this computer.

Two hosts and a machine that routes between them, each in a network namespace of its own, with the
packet size of EC2 in one region.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host.setup.segment_size import LARGEST_PACKET_BYTES, RULES

TRY = """
import ctypes, os, socket, subprocess, sys

def run(*words):
    subprocess.run(words, check=True)

run("mount", "-t", "tmpfs", "none", "/run")
for number, name in ((1, "pod"), (2, "far")):
    run("ip", "netns", "add", name)
    run("ip", "link", "add", f"to-{name}", "mtu", "9001", "type", "veth",
        "peer", "name", "eth0", "netns", name)
    run("ip", "address", "add", f"10.{number}.0.1/24", "dev", f"to-{name}")
    run("ip", "link", "set", f"to-{name}", "up")
    inside = ("ip", "-n", name)
    run(*inside, "address", "add", f"10.{number}.0.2/24", "dev", "eth0")
    run(*inside, "link", "set", "eth0", "mtu", "9001", "up")
    run(*inside, "route", "add", "default", "via", f"10.{number}.0.1")
with open("/proc/sys/net/ipv4/ip_forward", "w") as forward:
    forward.write("1")

def enter(path):
    namespace = os.open(path, os.O_RDONLY)
    assert ctypes.CDLL(None, use_errno=True).setns(namespace, 0) == 0, ctypes.get_errno()
    os.close(namespace)

HOME = f"/proc/self/fd/{os.open('/proc/self/ns/net', os.O_RDONLY)}"

def segment_bytes():
    "Of each end of a connection through the machine."
    enter("/run/netns/pod")
    server = socket.create_server(("10.1.0.2", 5432))
    enter("/run/netns/far")
    client = socket.create_connection(("10.1.0.2", 5432), timeout=5)
    accepted, _ = server.accept()
    enter(HOME)
    ends = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) for each in (client, accepted)]
    for each in (client, accepted, server):
        each.close()
    return ends

before = segment_bytes()
run("nft", "-f", sys.argv[1])
run("nft", "-f", sys.argv[1])
after = segment_bytes()
print(*before, *after)
"""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("nft", "ip", "unshare"))),
    reason="nft, ip and unshare are not all on PATH",
)


def test_no_segment_is_larger_than_the_path_between_two_regions_takes(tmp_path: Path) -> None:
    rules = tmp_path / "segments.nft"
    rules.write_text(RULES)

    isolated = ("unshare", "--user", "--map-root-user", "--net", "--mount")
    ran = subprocess.run(
        [*isolated, sys.executable, "-c", TRY, str(rules)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    *before, here, there = map(int, ran.stdout.split())
    assert min(before) > LARGEST_PACKET_BYTES, "without the rule the ends agree on more"
    assert max(here, there) <= LARGEST_PACKET_BYTES - 40
