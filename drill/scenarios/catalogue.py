"""Every scenario, in the order in which one drill plays them."""

from drill.scenarios import (
    archive_refused,
    damaged_wal,
    dropped_table,
    failback,
    follows,
    forged_token,
    interrupted_backup,
    machines_lost,
    point_in_time,
    region_lost,
    returns_fenced,
    switchover,
)
from drill.scenarios.scenario import Scenario

ALL: tuple[Scenario, ...] = (
    follows.SCENARIO,
    forged_token.SCENARIO,
    point_in_time.SCENARIO,
    dropped_table.SCENARIO,
    interrupted_backup.SCENARIO,
    archive_refused.SCENARIO,
    damaged_wal.SCENARIO,
    switchover.SCENARIO,
    region_lost.SCENARIO,
    returns_fenced.SCENARIO,
    failback.SCENARIO,
    machines_lost.SCENARIO,
)
"""What needs a lost primary stands behind the scenario that loses it."""
SHORT: tuple[str, ...] = ("point-in-time", "dropped-table", "switchover", "region-lost")


def named(name: str) -> Scenario:
    """The scenario of this name.

    Raises:
        KeyError: when there is none.
    """
    return {scenario.name: scenario for scenario in ALL}[name]


def needed_for(name: str) -> tuple[Scenario, ...]:
    """The scenario of this name, behind the loss that it begins with if it needs one."""
    scenario = named(name)
    return (region_lost.SCENARIO, scenario) if scenario.before == "DR writes alone" else (scenario,)
