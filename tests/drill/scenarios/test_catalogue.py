"""Which scenarios a drill plays where some are named."""

import pytest

from drill.scenarios import catalogue


@pytest.mark.parametrize(
    ("names", "played"),
    [
        (["switchover"], ["switchover"]),
        (["failback"], ["region-lost", "failback"]),
        (["region-lost", "failback"], ["region-lost", "failback"]),
        (
            ["failback", "returns-fenced", "switchover"],
            ["switchover", "region-lost", "returns-fenced", "failback"],
        ),
    ],
)
def test_named_scenarios_are_played_in_order_behind_one_loss_where_one_begins_with_it(
    names: list[str], played: list[str]
) -> None:
    acts = catalogue.asked(names)

    assert [scenario.name for act in acts for track in act for scenario in track] == played
