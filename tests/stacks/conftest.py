"""Each configuration is synthesised once a session: a synth takes a second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.stacks.synthesised import ROOT, Synthesised, synthesise
from topology.load import load, parse

CONFIGS = ("default", "ha", "lab")
Document = dict[str, Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one worker, which synthesises once for all of them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("stacks"))


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesised]:
    """Every configuration that comes with the project, by name."""
    return {
        name: synthesise(load(ROOT / f"config/{name}.yaml"), tmp_path_factory.mktemp(name))
        for name in CONFIGS
    }


@pytest.fixture(scope="session")
def default(shipped: dict[str, Synthesised]) -> Synthesised:
    """The default configuration."""
    return shipped["default"]


@pytest.fixture(params=CONFIGS)
def each(request: pytest.FixtureRequest, shipped: dict[str, Synthesised]) -> Synthesised:
    """Each of the configurations in turn."""
    return shipped[request.param]


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Synthesised]:
    """Synthesise the default configuration with `section.key` set to other values."""

    def change(**values: Any) -> Synthesised:
        document: Document = YAML(typ="safe", pure=True).load(ROOT / "config/default.yaml")
        for path, value in values.items():
            *parents, key = path.split("__")
            target = document
            for parent in parents:
                target = target[parent]
            target[key] = value
        return synthesise(parse(document), tmp_path / "changed")

    return change
