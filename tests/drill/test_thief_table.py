"""docs/security.md says of every stolen identity what `make thief` shows."""

from pathlib import Path

import pytest

from drill.thief import ways
from drill.thief.attempt import Attempt, Result
from drill.thief.attempts import attempts
from drill.thief.holders import Holders
from drill.thief.principal import CI, DUMP_POD, OPERATOR, READER
from drill.thief.report import document, table
from drill.thief.ways import through
from topology.load import load
from topology.site import SiteName

ROOT = Path(__file__).parents[2]
TOPOLOGY = load(ROOT / "config/default.yaml")
HOLDERS = Holders(TOPOLOGY)


def default() -> list[Attempt]:
    return list(attempts(TOPOLOGY))


def test_the_table_of_the_documentation_is_the_one_that_is_played() -> None:
    assert table(default(), HOLDERS) in (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_the_documentation_says_whom_a_thief_becomes_and_by_what() -> None:
    assert ways.table(HOLDERS) in (ROOT / "docs/security.md").read_text(encoding="utf-8")


AGENTS = frozenset({DUMP_POD, "primary agent"})


@pytest.mark.parametrize(
    ("may", "writer", "others"),
    [
        ({"dr server"}, "primary", AGENTS | {"primary server"}),
        ({"dr server"}, "dr", frozenset()),
        (AGENTS, "primary", {"primary server"}),
        (AGENTS, "dr", {"primary server", "dr server"}),
        ({"primary server"}, "primary", frozenset()),
        ({OPERATOR}, "primary", frozenset()),
        (frozenset(), "primary", frozenset()),
    ],
)
def test_whoever_becomes_one_who_may_is_named_beside_him_also_by_two_steps(
    may: frozenset[str], writer: SiteName, others: frozenset[str]
) -> None:
    assert through(frozenset(may), [*ways.ways(HOLDERS)], writer) == others


def test_every_attempt_has_a_name_of_its_own() -> None:
    names = [each.name for each in default()]

    assert len(names) == len(set(names))


def test_who_only_looks_moves_and_destroys_nothing_and_ci_does_nothing_at_all() -> None:
    for each in default():
        assert CI not in each.may
        looks = each.name.startswith(("read the evidence", "list the names"))
        assert READER not in each.may or looks, each.name


def test_a_thief_who_leaves_nothing_is_wrong_even_where_he_was_expected() -> None:
    lost = Result(principal="x", attempt="y", outcome="done", expected="done", left="nothing")

    assert document([lost])["wrong"] == 1
