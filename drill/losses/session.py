"""Losses one after the other on one pair of sites, each followed by the way back."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from drill.failure_modes import MODES as FAILURE_MODES
from drill.losses.document import Played
from drill.replication_mode import Mode
from drill.scenarios import failback, region_lost
from drill.scenarios.attempt import attempt
from drill.scenarios.outcome import outcome
from drill.scenarios.stage import Stage
from drill.starvation.meter import Computer
from drill.twin import Twin


def play(
    twin: Twin,
    machine: Computer,
    mode: Mode,
    numbers: Sequence[int],
    *,
    folder: Path,
    tell: Callable[[str], None],
) -> Iterator[Played]:
    """Each numbered loss, in the failure mode of its number.

    Ends early after one that could not be measured, or that there was no way back from: how the
    sites stand then is not known.
    """
    for number in numbers:
        if number != numbers[0] and not _back(_stage(twin, folder / f"{number}-back", tell)):
            return
        played = _lose(twin, machine, mode, number, _stage(twin, folder / str(number), tell))
        yield played
        if played.loss is None:
            return


def _lose(twin: Twin, machine: Computer, mode: Mode, number: int, stage: Stage) -> Played:
    began = time.monotonic()
    scenario = region_lost.by(FAILURE_MODES[(number - 1) % len(FAILURE_MODES)])
    tried = attempt(scenario, stage)
    load, loss = machine.load(began), tried.measured.loss
    return Played(
        replication=mode.name,
        number=number,
        outcome=outcome(tried, scenario, twin.topology, load),
        loss=loss.result if loss else None,
        problem=tried.problem.get("problem", ""),
        machine=load.sentence,
    )


def _back(stage: Stage) -> bool:
    return attempt(failback.SCENARIO, stage).error is None


def _stage(twin: Twin, folder: Path, tell: Callable[[str], None]) -> Stage:
    folder.mkdir(parents=True, exist_ok=True)
    return Stage(twin=twin, folder=folder, tell=tell)
