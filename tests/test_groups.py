"""Tests of one xdist group share what is expensive, and some of them an order: they must stay
together.
"""

import pytest


@pytest.mark.xdist_group("groups")
def test_tests_of_a_group_stay_in_one_worker(request: pytest.FixtureRequest) -> None:
    if getattr(request.config.option, "loadgroup", False):
        # How pytest-xdist tells its scheduler of a group; it wrote to a private name of pytest's.
        assert request.node.nodeid.endswith("@groups")
