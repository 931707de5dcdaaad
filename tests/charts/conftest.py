"""The manifests of every shipped configuration and some others, made once a run."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from charts.manifests import synthesize
from topology.load import parse
from topology.site import SITES, SiteName
from topology.topology import Topology

CONFIG = Path(__file__).parents[2] / "config"
Manifest = dict[str, Any]
Manifests = dict[str, list[Manifest]]
Synthesized = Callable[..., Manifests]


def _configuration(name: str, **changes: Any) -> Topology:
    document = YAML(typ="safe", pure=True).load(CONFIG / f"{name}.yaml")
    for key, change in changes.items():
        document[key] = {**document[key], **change} if isinstance(change, dict) else change
    return parse(document)


@pytest.fixture(scope="session")
def configuration() -> Callable[..., Topology]:
    """A shipped configuration, with its sections changed key by key."""
    return _configuration


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Synthesise a site of a topology and read it back: documents by file name."""

    def read(topology: Topology, site: SiteName) -> Manifests:
        paths = synthesize(topology, site, tmp_path_factory.mktemp(site))
        return {
            path.stem: [d for d in YAML(typ="safe", pure=True).load_all(path) if d]
            for path in paths
        }

    return read


@pytest.fixture(scope="session")
def manifests(make: Synthesized) -> Synthesized:
    """The manifests of a shipped configuration's site."""

    @cache
    def of(site: SiteName, config: str = "default") -> Manifests:
        return make(_configuration(config), site)

    return of


@pytest.fixture(scope="session")
def the_only() -> Callable[[list[Manifest], str], Manifest]:
    """The one object of a kind in a file."""

    def find(documents: list[Manifest], kind: str) -> Manifest:
        found = [document for document in documents if document["kind"] == kind]
        assert len(found) == 1, f"{len(found)} of kind {kind}"
        return found[0]

    return find


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> SiteName:
    """Each site in turn."""
    name: SiteName = request.param
    return name


@pytest.fixture
def policies(manifests: Synthesized, site: SiteName) -> list[Manifest]:
    """The network policies of the site."""
    return manifests(site)["30-network-policies"]
