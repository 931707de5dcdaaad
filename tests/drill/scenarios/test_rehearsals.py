"""The drill in short, and that it can fail.

The tests stand in the order in which they leave the sites fit for the next: each fault is taken
away again, and the loss of the region comes last.
"""

import pytest

from tests.drill.scenarios.conftest import HadTime, Rehearsals
from tests.drill.scenarios.faults import FAULTS, NO_REPLICA_STANZA, Fault

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]


def expect_red(rehearsals: Rehearsals, fault: Fault) -> None:
    """The drill ends red, and names the scenario that caught the fault."""
    take_away = fault.lay(rehearsals.twin)
    try:
        report = rehearsals.play(fault.caught_by, machine=HadTime())
    finally:
        take_away()

    assert report.verdict == "fail"
    assert [result.name for result in report.scenarios if not result.passed] == [fault.caught_by]


def expect_kept(rehearsals: Rehearsals, *names: str) -> None:
    """Every promise is kept; a machine that was too busy to tell is a reason to skip."""
    report = rehearsals.play(*names)
    starved = [result for result in report.scenarios if result.outcome == "starved"]
    if report.verdict == "starved":
        pytest.skip("; ".join(f"{result.name}: {result.machine}" for result in starved))

    assert {result.name: result.details for result in report.scenarios if not result.passed} == {}
    assert report.verdict == "pass"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_turns_the_drill_red(rehearsals: Rehearsals, fault: Fault) -> None:
    expect_red(rehearsals, fault)


def test_without_a_fault_the_same_promises_are_kept(rehearsals: Rehearsals) -> None:
    expect_kept(rehearsals, "follows", "dropped-table")


def test_a_chosen_moment_is_restored_from_either_region(rehearsals: Rehearsals) -> None:
    expect_kept(rehearsals, "point-in-time")


def test_an_awkward_database_is_verified_and_comes_back_whole(
    rehearsals: Rehearsals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsals.twin.ground, "lacks", {})

    expect_kept(rehearsals, "verified")


def test_new_certificates_end_no_connection_and_outlast_a_switchover(
    rehearsals: Rehearsals,
) -> None:
    expect_kept(rehearsals, "new-certificates", "switchover")


def test_a_dr_site_that_left_the_history_is_noticed_and_cloned_again(
    rehearsals: Rehearsals,
) -> None:
    expect_red(rehearsals, NO_REPLICA_STANZA)

    assert rehearsals.twin.home() == "the primary writes and DR follows"


def test_the_loss_of_a_region_costs_no_more_than_promised(rehearsals: Rehearsals) -> None:
    expect_kept(rehearsals, "region-lost")
