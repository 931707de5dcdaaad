"""Both sides of the contract, and the document that says what was compared.

`pytest tests/contract` holds the double to every behaviour; `pytest tests/contract --real`
(`make contract`) runs each on the real part too. In CI (`CI=true`) a missing real part is an error.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from tests.contract.cluster_without_pods import begin, store
from tests.contract.contract_report import SIDES, ContractReport
from tests.contract.operated_api import operated_api
from tests.contract.real.real_site import RealSite, absent
from tests.contract.shell_side import shell_on
from tests.contract.side import Program, Run, Side
from tests.contract.tls_listener import tls_listener
from tests.contract.trouble import Trouble, of_double

_BUILD = Path(__file__).parents[2] / "build"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Whether the real parts are built and started."""
    parser.addoption("--real", action="store_true", help="compare with the real parts")


def pytest_configure(config: pytest.Config) -> None:
    """Write build/contract.json where the real parts were asked for."""
    if config.getoption("--real", default=False) and not config.getoption("--collect-only"):
        config.pluginmanager.register(ContractReport(_BUILD / "contract.json"), "contract")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every behaviour runs on the doubles, and with `--real` on the real part too."""
    if "side" in metafunc.fixturenames:
        real = metafunc.config.getoption("--real", default=False)
        left_out = set() if real else {"real"}
        left_out |= {"shell"} if "process" in metafunc.fixturenames else set()
        metafunc.parametrize("side", [s for s in SIDES if s not in left_out], indirect=True)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Of both sides, outside the checkout."""
    made = Path(tempfile.mkdtemp(prefix="pgtwin-contract-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def api() -> Iterator[ClusterApi]:
    """The drill's API with its operators installed."""
    with ClusterApi() as api:
        api.install_operators()
        yield api


@pytest.fixture(scope="session")
def double(api: ClusterApi, folder: Path) -> Run:
    """The real kubectl on the drill's API."""
    return Program(command=("kubectl", f"--server={api.url}"), home=folder)


@pytest.fixture(scope="session")
def shell(api: ClusterApi) -> Run:
    """The tests' kubectl without a process on the drill's API."""
    return shell_on(api)


@pytest.fixture(scope="session")
def real_site(folder: Path, pytestconfig: pytest.Config) -> Iterator[RealSite]:
    """The real API server with the real operator and plugin, for the whole session."""
    why = absent()
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"CI compares with the real parts, and cannot: {why}")
    if why:
        pytest.skip(why)
    report = pytestconfig.pluginmanager.get_plugin("contract")
    assert isinstance(report, ContractReport)
    with RealSite(folder) as site:
        report.build_seconds = site.build_seconds
        yield site


@pytest.fixture(scope="session")
def real(real_site: RealSite) -> Run:
    """The real kubectl on the real API server."""
    return real_site.run()


@pytest.fixture
def real_alone(request: pytest.FixtureRequest, number: Iterator[int]) -> Side:
    """The real side for what no double does, with a namespace of this behaviour's own."""
    if not request.config.getoption("--real"):
        pytest.skip("asks the real parts: pytest --real")
    return _in_a_namespace(request.getfixturevalue("real"), f"real-{next(number)}")


@pytest.fixture
def trouble(request: pytest.FixtureRequest, side: Side) -> Iterator[Trouble]:
    """What can happen to the API server of the side."""
    if request.node.callspec.params["side"] == "real":
        yield request.getfixturevalue("real_site").trouble()
        return
    with tls_listener(request.getfixturevalue("tmp_path")) as url:
        yield of_double(request.getfixturevalue("api").faults, tls_url=url)


@pytest.fixture
def process() -> None:
    """Leaves out the side whose kubectl is no process."""


@pytest.fixture(scope="session")
def number() -> Iterator[int]:
    """Tells the behaviours of a session apart."""
    return itertools.count()


@pytest.fixture
def side(request: pytest.FixtureRequest, number: Iterator[int]) -> Side:
    """One side, with a namespace of this behaviour's own."""
    return _in_a_namespace(request.getfixturevalue(request.param), f"behaviour-{next(number)}")


def _in_a_namespace(run: Run, namespace: str) -> Side:
    side = Side(run=run, namespace=namespace)
    created = side.create(namespace_object(namespace))
    assert created.exit_code == 0, created.stderr
    return side


@pytest.fixture(scope="module")
def operated_double(folder: Path) -> Iterator[Run]:
    """The real kubectl on the drill's API with its scripted operator at work."""
    with operated_api() as api:
        yield Program(command=("kubectl", f"--server={api.url}"), home=folder)


@pytest.fixture
def site(request: pytest.FixtureRequest, side: Side) -> Side:
    """A side where the operator is at work, with an archive that holds nothing."""
    if request.node.callspec.params["side"] != "real":
        side = Side(run=request.getfixturevalue("operated_double"), namespace=side.namespace)
        side.create(namespace_object(side.namespace))
    made = side.create(store(side))
    assert made.exit_code == 0, made.stderr
    return side


@pytest.fixture
def begun(site: Side) -> Side:
    """A side with a new, empty cluster that has its first claims."""
    return begin(site)
