"""Steady writes reach the DR site."""

import time
from functools import partial

from drill.scenarios.scenario import Measured, Scenario, archive_bound
from drill.scenarios.stage import Stage
from drill.traffic.arrivals import Arrival, lags_seconds, traffic_seconds
from drill.traffic.writer import Writer

READY_SECONDS = 60.0
READY = "failover ready"


def act(stage: Stage) -> Measured:
    """Note when each row arrives for a whole archive timeout, and take the slowest of all.

    So much of the traffic has the row that waits longest.
    """
    arrivals: list[Arrival] = []
    patience = 2 * archive_bound(stage.twin.topology)
    with stage.writer() as writer:
        notes = writer.acknowledgements
        while traffic_seconds(notes.rows, arrivals) < stage.twin.archive_timeout_seconds:
            seen = arrivals[-1].newest if arrivals else 0
            stage.wait(partial(_more_than, stage, writer, seen), patience, "rows in DR")
            newest = stage.newest("dr", writer)
            arrivals.append(Arrival(at=time.time(), newest=newest))
    lags = lags_seconds(notes.rows, arrivals)
    comparison = stage.compare(writer, "primary")
    verdict, status_seconds = _verdict(stage)
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


def _verdict(stage: Stage) -> tuple[str, float]:
    """What `pgtwin status` says once all is as it should be, and how long it took to say it.

    Not at once for sure: a site that is slow to answer is reported as one that does not.

    Raises:
        TimeoutError: when it goes on to find something wrong with two healthy sites.
    """
    deadline = time.monotonic() + READY_SECONDS
    while True:
        began = time.monotonic()
        said = stage.twin.pgtwin("status")
        verdict = str(said["verdict"])
        if READY in verdict and said["good"]:
            return verdict, round(time.monotonic() - began, 2)
        if began > deadline:
            raise TimeoutError(f"not as it should be within {READY_SECONDS:g} s: {verdict}")


def _more_than(stage: Stage, writer: Writer, seen: int) -> bool:
    return stage.newest("dr", writer) > seen


SCENARIO = Scenario(
    name="follows",
    sentence="Under steady writes the DR site has every row within {bound} of its commit, and "
    "`pgtwin status` finds nothing wrong.",
    act=act,
    repeatable=True,
    bound=archive_bound,
)
