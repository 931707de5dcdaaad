"""Tests of one xdist group share what is expensive, and some of them an order: they must stay
together.
"""

import pytest


@pytest.mark.xdist_group("groups")
def test_tests_of_a_group_stay_in_one_worker(request: pytest.FixtureRequest) -> None:
    if getattr(request.config.option, "loadgroup", False):
        # How pytest-xdist tells its scheduler of a group; it wrote to a private name of pytest's.
        assert request.node.nodeid.endswith("@groups")


@pytest.fixture(scope="module")
def costly() -> str:
    return "set up once"


def test_tests_that_share_a_fixture_of_their_file_are_a_group(
    request: pytest.FixtureRequest, costly: str
) -> None:
    assert costly
    mark = request.node.get_closest_marker("xdist_group")
    assert mark is not None
    assert mark.args == ("tests/test_groups.py",)
