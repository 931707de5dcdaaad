"""For every test: no wall-clock bound on a single example, which would measure the machine.

The same commit plays the same examples everywhere, so that a run says something about the commit.
`pytest --hypothesis-profile=explore` draws new ones; what it finds is kept as a test.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from stacks import own_node
from tests import held
from tests.golden import OPTION

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")

os.environ.setdefault(own_node.VARIABLE, own_node.own_node())


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is written instead of compared, and what is tested instead of built."""
    parser.addoption(OPTION, action="store_true", help="rewrite golden files and screens")
    parser.addoption("--wheel", help="test this one instead of building one")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one worker where they share what takes long to set up."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None and _shares_with_its_file(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _shares_with_its_file(item: pytest.Item) -> bool:
    # pytest has no public name for the scope of a fixture that an item asks for.
    fixtures = getattr(item, "_fixtureinfo", None)
    found = fixtures.name2fixturedefs.values() if fixtures else ()
    return any(definitions[-1].scope == "module" for definitions in found)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """End what a group shares with its last test, after that test's own fixtures."""
    held.one_ended(item)


@pytest.fixture(scope="session")
def refresh(request: pytest.FixtureRequest) -> bool:
    """Whether to write what is compared."""
    return bool(request.config.getoption(OPTION))
