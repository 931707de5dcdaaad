"""The rules by which the matrix of `make failures` judges its cells."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from drill.failure_modes import ALL, named
from drill.failures import commands
from drill.failures.cell import Cell, Result
from drill.failures.commands import COMMANDS, NOT_PLAYED, REGIONS, Where
from drill.failures.expectation import expected, may_change
from drill.failures.report import Whole, document, figures, table
from drill.failures.verdict import done_or_lie, unless_well, verdict
from pgtwin.__main__ import app
from topology.site import SiteName


def _cell(command: str, region: Where, *, mode: str = "refused", moment: str = "before") -> Cell:
    return Cell(command=commands.named(command), region=region, mode=named(mode), moment=moment)


def test_a_failover_to_dr_is_done_whatever_fails_outside_of_dr() -> None:
    for mode in ALL:
        for moment in ("before", "during promote", "after"):
            for region in ("primary", "us-east-1"):
                cell = _cell("failover", region, mode=mode.name, moment=moment)
                assert expected(cell) == {"done"}


def test_status_is_done_in_every_cell() -> None:
    assert all(expected(_cell("status", region)) == {"done"} for region in REGIONS)


def test_a_command_that_needs_a_lost_region_must_not_say_that_it_is_done() -> None:
    assert "done" not in expected(_cell("switchover", "dr"))
    assert "done" in expected(_cell("switchover", "dr", moment="after"))


@pytest.mark.parametrize(
    ("code", "said", "changed", "silence", "outcome"),
    [
        (0, "", False, 1.0, "done"),
        (0, "", False, 11.0, "silent for 11 s"),
        (0, "Traceback (most recent call last):", False, 1.0, "traceback"),
        (2, "no", False, 1.0, "refused"),
        (2, "no", True, 1.0, "refused after a change"),
        (3, "no", False, 1.0, "stopped without a next command"),
        (4, "then: pgtwin failover --to dr", False, 1.0, "stopped"),
        (1, "no", False, 1.0, "exit code 1"),
        (None, "", False, 1.0, "hanging"),
    ],
)
def test_an_end_is_judged_by_what_it_leaves_the_operator_with(
    code: int | None, said: str, changed: bool, silence: float, outcome: str
) -> None:
    assert verdict(code, said, changed=changed, longest_silence=silence) == outcome


@pytest.mark.parametrize("outcome", ["done", "refused", "stopped"])
def test_a_cell_whose_region_never_failed_is_no_good_one(outcome: str) -> None:
    cell = _cell("failover", "primary", moment="during promote")
    found = unless_well(outcome, failed=False)

    assert Result(cell=cell, outcome=found, expected=expected(cell), seconds=1.0).wrong
    assert unless_well(outcome, failed=True) == outcome
    assert unless_well("hanging", failed=False) == "hanging"


def test_a_cell_that_lies_is_counted_and_named() -> None:
    cell = _cell("status", "dr")
    lie = Result(cell=cell, outcome="hanging", expected=expected(cell), seconds=11.0)

    assert document([lie], of=Whole())["wrong"] == 1
    assert "wrong: status, dr refused before: hanging, expected done" in table([lie])


def test_a_part_of_the_matrix_says_how_much_of_it_was_judged_and_of_which_code() -> None:
    good, lie, late = (
        Result(cell=cell, outcome=outcome, expected=expected(cell), seconds=1.0, starved=True)
        for cell in (_cell("status", "dr"),)
        for outcome in ("done", "traceback", "hanging")
    )

    found = figures([good, lie, late], of=Whole(cells=5412, commit="0123abcd"))

    assert [(each.name, each.value, each.of, each.commit) for each in found] == [
        ("failures", 2, 5412, "0123abcd"),
        ("failures-wrong", 1, None, "0123abcd"),
    ]


def test_every_command_is_a_row_or_says_why_not() -> None:
    rows = [command.arguments for command in COMMANDS]
    missing = {
        path
        for path in _leaves(typer.main.get_command(app))
        if not any(row[: len(path)] == path for row in rows)
    }

    assert {" ".join(path) for path in missing} == set(NOT_PLAYED)


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path
    for name, each in (below or {}).items():
        yield from _leaves(each, (*path, name))


def test_commands_are_told_apart_by_name() -> None:
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)


def test_a_command_that_looks_first_at_a_region_changes_nothing_once_that_is_lost() -> None:
    assert not may_change(_cell("switchover", "us-east-1"))
    assert not may_change(_cell("failover", "dr"))
    assert may_change(_cell("failover", "primary"))
    assert may_change(_cell("switchover", "dr", moment="during promote"))
    assert may_change(_cell("switchover", "dr", mode="half dead, SSM lives"))


def test_a_done_is_a_lie_where_another_site_writes_than_the_command_is_for() -> None:
    switchover, status = _cell("switchover", "dr"), _cell("status", "dr")

    assert done_or_lie(switchover, {"dr"}) == "done"
    assert done_or_lie(switchover, {"primary"}) == "done, and dr does not write"
    assert done_or_lie(switchover, {"primary", "dr"}) == "done, and two sites write"
    assert done_or_lie(status, set()) == "done"


def test_two_writers_are_excused_only_where_the_old_one_is_out_of_reach() -> None:
    both: set[SiteName] = {"primary", "dr"}

    assert done_or_lie(_cell("failover", "primary"), both) == "done"
    for region in ("dr", "us-east-1"):
        assert done_or_lie(_cell("failover", region), both) == "done, and two sites write"
