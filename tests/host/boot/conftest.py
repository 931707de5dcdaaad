"""Sites whose machines have not booted yet, on moto in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from host.site import Site
from tests.host.boot.world import World
from topology.load import load
from topology.site import SiteName

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def make_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    """A site of a configuration; what comes after k3s is somebody else's test."""
    monkeypatch.delenv("PGTWIN_KUBECTL", raising=False)
    monkeypatch.setattr("host.verbs.boot.apply", _applied)
    monkeypatch.setattr("host.verbs.boot.ready", _applied)

    def make(config: str = "default", site: SiteName = "primary") -> World:
        return World(load(CONFIG / f"{config}.yaml"), site, tmp_path / f"{config}-{site}")

    with mock_aws():
        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The primary of the default configuration, its agents waiting to be joined by server-1."""
    made = make_world()
    made.cluster.nodes |= {"agent-1", "agent-2", "agent-3"}
    return made


def _applied(site: Site) -> dict[str, Any]:
    site.machine.files.write("/var/lib/pgtwin/applied", site.bundle.sha256.encode())
    return {}
