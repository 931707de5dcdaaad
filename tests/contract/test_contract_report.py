"""The document of the contract says what was compared, and never counts what was not."""

from tests.contract.contract_report import document


def test_a_behaviour_that_holds_on_both_sides_is_compared() -> None:
    found = document({"a": {"double": "passed", "shell": "passed", "real": "passed"}})

    assert (found["behaviours"], found["compared"]) == (1, 1)
    assert found["differ"] == found["not_compared"] == []


def test_a_behaviour_without_its_real_part_is_listed_as_not_compared() -> None:
    found = document({"a": {"double": "passed", "real": "skipped: needs Go"}, "b": {}})

    assert found["compared"] == 0
    assert [each["behaviour"] for each in found["not_compared"]] == ["a", "b"]
    assert found["not_compared"][0]["why"] == "skipped: needs Go"


def test_a_behaviour_that_fails_on_any_side_differs() -> None:
    found = document({"a": {"double": "failed: x", "real": "passed"}})

    assert found["compared"] == 0
    assert found["differ"][0]["double"] == "failed: x"
