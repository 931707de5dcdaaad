"""Each configuration is synthesised once a session: a synth takes a second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stacks.allow import policy
from stacks.people_rights import people_rights
from tests.stacks.machine_cases import KEY, REGIONS, arn
from tests.stacks.synthesised import ACCOUNT, ROOT, Synthesised, synthesise
from topology.load import load, parse
from topology.site import SITES, SiteName

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


@pytest.fixture(scope="session")
def policies(shipped: dict[str, Synthesised]) -> dict[str, Document]:
    """The policy of every machine's role, as synthesised, and of every kind of person."""
    topology = shipped["default"].topology
    return {
        role["RoleName"]: _as_deployed(role["Policies"][0]["PolicyDocument"], site)
        for site in SITES
        for role in shipped["default"].properties(site, "AWS::IAM::Role")
        if "RoleName" in role
    } | {who: policy(rows) for who, rows in people_rights(topology, ACCOUNT).items()}


def _as_deployed(document: Document, site: SiteName) -> Document:
    """The same policy with the site's own key in the place of the reference to it.

    The CDK writes a list of one as that one.
    """
    own = arn("kms", REGIONS[site], KEY)
    statements = [
        {
            **statement,
            **{
                name: [own if isinstance(each, dict) else each for each in _listed(statement[name])]
                for name in ("Action", "Resource")
            },
        }
        for statement in document["Statement"]
    ]
    return {**document, "Statement": statements}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


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
