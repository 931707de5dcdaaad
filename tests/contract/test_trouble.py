"""Trouble that is made on purpose is over with the behaviour that made it, however that ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from drill.kubernetes.api.faults import Faults
from tests.contract.side import Said, Side
from tests.contract.trouble import Trouble, of_double

_SIDE = Side(run=lambda *_: Said(exit_code=0), namespace="any")


@pytest.mark.parametrize(
    "entered",
    [
        lambda trouble: trouble.silence(),
        lambda trouble: trouble.unknown(),
        lambda trouble: trouble.unavailable(_SIDE),
    ],
    ids=["silence", "unknown", "unavailable"],
)
def test_the_double_answers_again_when_a_behaviour_failed_in_its_trouble(
    entered: Callable[[Trouble], AbstractContextManager[object]],
) -> None:
    faults = Faults()

    with pytest.raises(AssertionError), entered(of_double(faults, tls_url="")):
        assert vars(faults) == vars(Faults()), "in trouble"

    assert vars(faults) == vars(Faults())
