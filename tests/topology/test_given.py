"""A refusal shows what was given, and what is allowed stays in sight."""

import pytest

from topology.given import given
from topology.load import parse
from topology.refused import Refused


def test_a_short_value_is_shown_as_it_is() -> None:
    assert [given(value) for value in ("both", 7, True, None, ["a", "b"], {"a": 1})] == [
        "'both'",
        "7",
        "True",
        "None",
        "['a', 'b']",
        "{'a': 1}",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_000,
        int("9" * 1000),
        list(range(10_000)),
        {"a": {"b": "c" * 10_000}},
        {1, "a" * 500},
    ],
    ids=["text", "number", "list", "nested", "set"],
)
def test_a_long_value_is_cut_to_a_line(value: object) -> None:
    assert len(given(value)) <= 100
    assert "..." in given(value)


def test_a_refused_configuration_does_not_repeat_a_long_value() -> None:
    with pytest.raises(Refused) as refused:
        parse({"name": "x" * 100_000, "writer": ["y" * 100_000]})

    assert max(len(str(problem)) for problem in refused.value.problems) < 500
