"""Whether the operators are there and can take orders."""

from typing import Any

import pytest

from host.kubernetes.operators import unavailable

RUNS = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def deployment(*, available: str = "True", generation: int = 2, **status: int) -> dict[str, Any]:
    return {
        "metadata": {"name": "operator", "generation": generation},
        "spec": {"replicas": 1},
        "status": {
            "observedGeneration": 2,
            "conditions": [{"type": "Available", "status": available}],
            **RUNS,
            **status,
        },
    }


def test_an_operator_whose_newest_template_alone_runs_can_take_orders() -> None:
    assert unavailable([deployment()]) == ()


@pytest.mark.parametrize(
    "found",
    [
        deployment(available="False"),
        deployment(generation=3),
        deployment(updatedReplicas=0),
        deployment(replicas=2),
        deployment(availableReplicas=0),
        {**deployment(), "status": {}},
    ],
    ids=[
        "not Available",
        "a change that nobody has seen yet",
        "none of the newest template yet",
        "an older one still serves beside a new one that may never start",
        "the newest does not run",
        "just made",
    ],
)
def test_any_other_operator_is_waited_for(found: dict[str, Any]) -> None:
    assert unavailable([found]) == ("operator",)


def test_an_operator_that_is_scaled_to_nothing_is_there() -> None:
    found = deployment(replicas=0, updatedReplicas=0, availableReplicas=0)
    found["spec"]["replicas"] = 0

    assert unavailable([found]) == ()
