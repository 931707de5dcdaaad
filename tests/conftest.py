"""For every test: no wall-clock bound on a single example, which would measure the machine.

The same commit plays the same examples everywhere, so that a run says something about the commit.
`pytest --hypothesis-profile=explore` draws new ones; what it finds is kept as a test.
"""

import pytest
from hypothesis import HealthCheck, settings

from tests.golden import OPTION

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is written instead of compared, and what is tested instead of built."""
    parser.addoption(OPTION, action="store_true", help="rewrite golden files and screens")
    parser.addoption("--wheel", help="test this one instead of building one")


@pytest.fixture(scope="session")
def refresh(request: pytest.FixtureRequest) -> bool:
    """Whether to write what is compared."""
    return bool(request.config.getoption(OPTION))
