"""Processor time is read from either version of control groups."""

import pytest

from drill.grounds.kubernetes_site import processor_seconds


@pytest.mark.parametrize(
    "usage",
    ["usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n", "2500000000\n"],
    ids=["version 2", "version 1"],
)
def test_seconds(usage: str) -> None:
    assert processor_seconds(usage) == 2.5


def test_what_is_not_understood_is_not_nothing() -> None:
    with pytest.raises(ValueError, match="invalid"):
        processor_seconds("no such file")
