"""`k3s server --cluster-reset`: the datastore's only member from now on is this server.

From k3s pkg/etcd and pkg/cli/server: refused where the server is told to join others; etcd starts
with its data as a cluster of one, k3s leaves the file `reset-flag` and ends. Here the same etcd
does that; its addresses are the loopback's before and after, so only the membership is new.
"""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from drill.rig.inside.k3s_parts import ETCD, Config, forgetting_members

_HEALTHY_SECONDS = 120.0
_POLL_SECONDS = 0.3


def run(config: Config) -> int:
    """The exit code of k3s."""
    if "server" in config:
        return _fail("cannot perform cluster-reset while server URL is set")
    etcd = subprocess.Popen(forgetting_members(config).argv, stdin=subprocess.DEVNULL)
    try:
        if not _becomes_healthy(etcd):
            return _fail("etcd did not become healthy")
    finally:
        etcd.terminate()
        etcd.wait()
    (Path(config["data-dir"]) / "server/db/reset-flag").touch()
    return 0


def _becomes_healthy(etcd: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _HEALTHY_SECONDS
    while etcd.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{ETCD}/health", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)  # noqa: PLR2004
        except OSError:
            time.sleep(_POLL_SECONDS)
    return False


def _fail(why: str) -> int:
    print(f"level=fatal msg={why!r}", file=sys.stderr)  # noqa: T201
    return 1
