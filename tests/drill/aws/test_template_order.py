"""Resources are made after what they refer to."""

from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.aws.cloudformation.dependencies import in_order


@pytest.mark.parametrize(
    "reference",
    [
        {"Properties": {"Id": {"Ref": "First"}}},
        {"Properties": {"Arn": {"Fn::GetAtt": ["First", "Arn"]}}},
        {"Properties": {"Text": {"Fn::Sub": "a-${First}-b"}}},
        {"Properties": {"Text": {"Fn::Sub": ["${First.Arn}", {}]}}},
        {"Properties": {"List": [{"Fn::Join": ["", [{"Ref": "First"}]]}]}},
        {"DependsOn": "First"},
        {"DependsOn": ["First"]},
    ],
)
def test_a_reference_of_any_form_orders(reference: dict[str, object]) -> None:
    assert in_order({"Second": reference, "First": {}}) == ["First", "Second"]


def test_a_circle_is_refused() -> None:
    with pytest.raises(CycleError):
        in_order({"A": {"DependsOn": "B"}, "B": {"DependsOn": "A"}})


@given(st.permutations([f"R{number}" for number in range(8)]))
def test_a_chain_keeps_its_order_however_the_template_is_sorted(shuffled: list[str]) -> None:
    chain = {"R0": {}, **{f"R{n}": {"DependsOn": f"R{n - 1}"} for n in range(1, 8)}}

    ordered = in_order({name: chain[name] for name in shuffled})

    assert ordered == [f"R{number}" for number in range(8)]
