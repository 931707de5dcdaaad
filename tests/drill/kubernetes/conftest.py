import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from tests.waiting import HANGS_SECONDS

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def api() -> Iterator[ClusterApi]:
    """An API with the operators and the namespace of the database, as after a boot."""
    with ClusterApi() as api:
        api.install_operators()
        api.create(namespace_object("postgres"))
        yield api


@pytest.fixture
def kubectl(api: ClusterApi, tmp_path: Path) -> Kubectl:
    """The real kubectl on that API."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["kubectl", f"--server={api.url}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
            check=False,
            env={**os.environ, "HOME": str(tmp_path), "KUBECONFIG": "/dev/null"},
        )

    return run
