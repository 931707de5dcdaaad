"""Steady writes reach the DR site."""

import time
from functools import partial

from drill.scenarios.scenario import Measured, Scenario, archive_bound, expect
from drill.scenarios.stage import Stage
from drill.traffic.acknowledgements import Acknowledged
from drill.traffic.writer import Writer


def act(stage: Stage) -> Measured:
    """Note when each row arrives for a whole archive timeout, and take the slowest of all."""
    arrivals: list[tuple[float, int]] = []
    patience = 2 * archive_bound(stage.twin.topology)
    with stage.writer() as writer:
        while _seconds_of_traffic(writer, arrivals) < stage.twin.archive_timeout_seconds:
            seen = arrivals[-1][1] if arrivals else 0
            stage.wait(partial(_more_than, stage, writer, seen), patience, "rows in DR")
            arrivals.append((time.time(), stage.newest("dr", writer)))
    rows = writer.acknowledgements.rows
    lags = [_arrival(row, arrivals) - row.at for row in rows if row.number <= arrivals[-1][1]]
    comparison = stage.compare(writer, "primary")
    began = time.monotonic()
    verdict = stage.twin.pgtwin("status")["verdict"]
    status_seconds = round(time.monotonic() - began, 2)
    expect("could fail over now: yes" in verdict, f"DR could take over, not: {verdict}")
    return Measured(
        seconds=max(lags),
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={
            "rows": len(lags),
            "mean_seconds": round(sum(lags) / len(lags), 2),
            "pgtwin_status": verdict,
            "pgtwin_status_seconds": status_seconds,
        },
    )


def _more_than(stage: Stage, writer: Writer, seen: int) -> bool:
    return stage.newest("dr", writer) > seen


def _seconds_of_traffic(writer: Writer, arrivals: list[tuple[float, int]]) -> float:
    """How much of the traffic has arrived; a whole archive timeout of it has the slowest row."""
    rows = writer.acknowledgements.rows
    return rows[arrivals[-1][1] - 1].at - rows[0].at if arrivals else 0.0


def _arrival(row: Acknowledged, arrivals: list[tuple[float, int]]) -> float:
    return next(at for at, newest in arrivals if newest >= row.number)


SCENARIO = Scenario(
    name="follows",
    sentence="Under steady writes the DR site has every row within {bound} of its commit.",
    act=act,
    bound=archive_bound,
)
