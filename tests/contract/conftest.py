"""Both sides of the contract, and the document that says what was compared.

`pytest tests/contract` holds the double to every behaviour; `pytest tests/contract --real`
(`make contract`) runs each on the real part too. In CI (`CI=true`) a missing real part is an error.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from tests.contract.contract_report import ContractReport
from tests.contract.real.real_site import RealSite, absent
from tests.contract.side import Side

MakeSide = Callable[[str], Side]
_BUILD = Path(__file__).parents[2] / "build"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Whether the real parts are built and started."""
    parser.addoption("--real", action="store_true", help="compare with the real parts")


def pytest_configure(config: pytest.Config) -> None:
    """Write build/contract.json where the real parts were asked for."""
    if config.getoption("--real", default=False):
        config.pluginmanager.register(ContractReport(_BUILD / "contract.json"), "contract")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every behaviour runs on the double, and with `--real` on the real part too."""
    if "side" in metafunc.fixturenames:
        real = metafunc.config.getoption("--real", default=False)
        metafunc.parametrize("side", ["double", "real"] if real else ["double"], indirect=True)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Of both sides, outside the checkout."""
    made = Path(tempfile.mkdtemp(prefix="pgtwin-contract-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def double(folder: Path) -> Iterator[MakeSide]:
    """The drill's API with its operators installed."""
    with ClusterApi() as api:
        api.install_operators()

        def make(namespace: str) -> Side:
            return Side(
                name="double",
                command=("kubectl", f"--server={api.url}"),
                home=folder,
                namespace=namespace,
            )

        yield make


@pytest.fixture(scope="session")
def real(folder: Path) -> Iterator[MakeSide]:
    """The real API server with the real operator and plugin, for the whole session."""
    why = absent()
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"CI compares with the real parts, and cannot: {why}")
    if why:
        pytest.skip(why)
    with RealSite(folder) as site:
        yield site.side


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Side:
    """One side, with a namespace of this behaviour's own."""
    make: MakeSide = request.getfixturevalue(request.param)
    behaviour = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")
    side = make(f"{behaviour[:50].strip('-')}-{abs(hash(request.node.nodeid)) % 10000}")
    created = side.create(namespace_object(side.namespace))
    assert created.exit_code == 0, created.stderr
    return side
