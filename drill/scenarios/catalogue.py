"""Every scenario, in the order in which one drill plays them."""

from collections.abc import Collection

from drill.failure_modes import MODES
from drill.scenarios import (
    archive_refused,
    damaged_wal,
    degraded_region,
    dr_machine_replaced,
    dropped_table,
    failback,
    follows,
    forged_token,
    idle_follower,
    instance_deleted,
    interrupted_backup,
    machine_lost,
    machine_replaced,
    machines_lost,
    major_upgrade,
    new_certificates,
    point_in_time,
    region_lost,
    returns_fenced,
    switchover,
    verified,
)
from drill.scenarios.scenario import Scenario

Track = tuple[Scenario, ...]
Act = tuple[Track, ...]
"""Tracks that are played side by side: none changes what another measures, and what takes the lock
of `pgtwin`, which lets one operator act at a time, is played by one of them at most."""
LOSS: Track = (region_lost.SCENARIO, returns_fenced.SCENARIO, failback.SCENARIO)
"""The whole way: lost, back by itself, the writer again."""
ACTS: tuple[Act, ...] = (
    (
        (
            follows.SCENARIO,
            forged_token.SCENARIO,
            archive_refused.SCENARIO,
        ),
        (point_in_time.SCENARIO, new_certificates.SCENARIO),
        (dropped_table.SCENARIO,),
    ),
    ((damaged_wal.SCENARIO,), (interrupted_backup.SCENARIO,)),
    ((verified.SCENARIO,),),
    ((idle_follower.SCENARIO,),),
    ((instance_deleted.SCENARIO, machine_lost.SCENARIO),),
    ((machine_replaced.SCENARIO, dr_machine_replaced.SCENARIO),),
    ((switchover.SCENARIO,),),
    ((degraded_region.SCENARIO,),),
    ((major_upgrade.SCENARIO,),),
    (LOSS,),
    ((machines_lost.SCENARIO,),),
)
ALL: Track = tuple(scenario for act in ACTS for track in act for scenario in track)
SHORT: tuple[str, ...] = ("point-in-time", "dropped-table", "switchover", "region-lost")


def again(number: int) -> Track:
    """The `number`-th loss, from where `ACTS` and it itself end; each in the next failure mode."""
    mode = MODES[(number - 1) % len(MODES)]
    return (failback.SCENARIO, region_lost.by(mode), returns_fenced.SCENARIO)


def named(name: str) -> Scenario:
    """The scenario of this name.

    Raises:
        KeyError: when there is none.
    """
    return {scenario.name: scenario for scenario in ALL}[name]


def asked(names: Collection[str]) -> tuple[Act, ...]:
    """The scenarios of these names in their order, behind one loss where one begins with it."""
    chosen = [scenario for scenario in ALL if scenario.name in names]
    after_a_loss = next((each for each in chosen if each.before == "DR writes alone"), None)
    if after_a_loss and region_lost.SCENARIO not in chosen:
        chosen.insert(chosen.index(after_a_loss), region_lost.SCENARIO)
    return tuple(((scenario,),) for scenario in chosen)
