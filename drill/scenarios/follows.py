"""Steady writes reach the DR site."""

import time
from functools import partial

from drill.scenarios.scenario import Measured, Scenario, archive_bound
from drill.scenarios.stage import Stage

SAMPLES = 3


def act(stage: Stage) -> Measured:
    """Follow a few rows from their acknowledgement to their replay in DR."""
    lags = []
    with stage.writer("follows") as writer:
        stage.wait_for_rows(writer, 1)
        for _ in range(SAMPLES):
            row = writer.acknowledgements.rows[-1]
            stage.wait(partial(_arrived, stage, row.number), 120, f"row {row.number} in DR")
            lags.append(time.time() - row.at)
    stage.wait(lambda: not stage.compare(writer, "dr").lost, 60, "the last row in DR")
    comparison = stage.compare(writer, "dr")
    return Measured(
        seconds=max(lags),
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={"lags_seconds": [round(lag, 2) for lag in lags]},
    )


def _arrived(stage: Stage, number: int) -> bool:
    return stage.newest("dr", "follows") >= number


SCENARIO = Scenario(
    name="follows",
    sentence="Under steady writes the DR site has every row within {bound} of its commit.",
    act=act,
    bound=archive_bound,
)
