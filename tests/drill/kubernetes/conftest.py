import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from tests.waiting import HANGS_SECONDS

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
            timeout=HANGS_SECONDS,
            check=False,
            env={**os.environ, "HOME": str(tmp_path), "KUBECONFIG": "/dev/null"},
        )

    return run


def _real_kubectl() -> str:
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("no kubectl on PATH; install one to check the double against it")
    return found
