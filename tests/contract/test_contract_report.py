"""The document of the contract says what was compared, and never counts what was not."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.contract_report import ContractReport, document

RECORDING = "tests/contract/test_recordings.py"
REFUSED = "tests/contract/test_refused_parameters.py"


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


def written(
    folder: Path, ends: Iterable[tuple[str, Any]], *, times: Iterable[float] = (0, 0)
) -> Any:
    """What is written of tests that ended so, at the two times of the session."""
    clock = iter(times)
    report = ContractReport(folder / "contract.json", clock=lambda: next(clock))
    for nodeid, outcome in ends:
        told = pytest.TestReport(nodeid, ("", 0, ""), {}, outcome, "a phase", "call")
        report.pytest_runtest_logreport(told)
    report.pytest_sessionfinish()
    return json.loads((folder / "contract.json").read_text())


def test_a_recording_that_is_not_played_and_a_rule_that_is_not_kept_differ(tmp_path: Path) -> None:
    fence, role = f"{RECORDING}::test_states[fence]", f"{REFUSED}::test_a_role[app]"

    found = written(tmp_path, [(fence, "failed"), (role, "failed")])

    assert (found["behaviours"], found["compared"]) == (2, 0)
    assert found["differ"] == [
        {"behaviour": each, "together": "failed: a phase"} for each in (fence, role)
    ]


def test_a_recording_that_is_played_and_a_rule_that_is_kept_are_compared(tmp_path: Path) -> None:
    found = written(
        tmp_path, [(f"{RECORDING}::test_states[fence]", "passed"), (f"{REFUSED}::test", "passed")]
    )

    assert (found["behaviours"], found["compared"]) == (2, 2)
    assert found["differ"] == found["not_compared"] == []


def test_a_comparison_that_needs_the_real_part_and_has_none_is_not_compared(
    tmp_path: Path,
) -> None:
    found = written(tmp_path, [(f"{REFUSED}::test_a_role[app]", "skipped")])

    assert (found["behaviours"], found["compared"]) == (1, 0)
    assert found["not_compared"][0]["why"] == "skipped: a phase"


def test_what_shows_that_the_suite_itself_works_is_no_behaviour(tmp_path: Path) -> None:
    suite = (f"{RECORDING}::test_a_planted_difference_is_found[a]", __file__ + "::test")

    assert written(tmp_path, [(each, "passed") for each in suite])["behaviours"] == 0


def test_how_long_it_took_is_on_record(tmp_path: Path) -> None:
    assert written(tmp_path, [], times=(10.0, 131.25))["seconds"] == 121.2
