"""docs/security.md says of every stolen identity what `make thief` shows."""

from pathlib import Path

from drill.thief.attempt import Attempt, Result
from drill.thief.attempts import attempts
from drill.thief.principal import CI, READER
from drill.thief.report import document, table
from topology.load import load

ROOT = Path(__file__).parents[2]


def default() -> list[Attempt]:
    return list(attempts(load(ROOT / "config/default.yaml")))


def test_the_table_of_the_documentation_is_the_one_that_is_played() -> None:
    assert table(default()) in (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_attempt_has_a_name_of_its_own() -> None:
    names = [each.name for each in default()]

    assert len(names) == len(set(names))


def test_who_only_looks_moves_and_destroys_nothing_and_ci_does_nothing_at_all() -> None:
    for each in default():
        assert CI not in each.may
        assert READER not in each.may or each.name.startswith("read the evidence"), each.name


def test_a_thief_who_leaves_nothing_is_wrong_even_where_he_was_expected() -> None:
    lost = Result(principal="x", attempt="y", outcome="done", expected="done", left="nothing")

    assert document([lost])["wrong"] == 1
