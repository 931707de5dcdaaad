import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.kubernetes.cluster_api import ClusterApi, namespace_object

Kubectl = Callable[..., subprocess.CompletedProcess[str]]
OURS = [sys.executable, "-m", "drill.kubernetes.kubectl"]


@pytest.fixture
def api() -> Iterator[ClusterApi]:
    """An API with the operators and the namespace of the database, as after a boot."""
    with ClusterApi() as api:
        api.install_operators()
        api.create(namespace_object("postgres"))
        yield api


@pytest.fixture(params=["ours", "real"])
def kubectl(api: ClusterApi, request: pytest.FixtureRequest, tmp_path: Path) -> Kubectl:
    """Both kubectls against the same API: what they do must not differ."""
    command = OURS if request.param == "ours" else [_real_kubectl()]

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, f"--server={api.url}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "HOME": str(tmp_path), "KUBECONFIG": "/dev/null"},
        )

    return run


def _real_kubectl() -> str:
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("no kubectl on PATH; install one to check the double against it")
    return found


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait until something holds; a failure says what did not, and within how many seconds."""

    def wait(holds: Callable[[], object], within_seconds: float = 10) -> None:
        deadline = time.monotonic() + within_seconds
        while not holds():
            assert time.monotonic() < deadline, f"not within {within_seconds} s"
            time.sleep(0.02)

    return wait
