"""A restore to a moment that the user chose, from either region's bucket."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from drill.traffic.writer import Writer
from topology.site import SITES, SiteName

RESTORED_SECONDS = 180.0
QUIET_SECONDS = 0.2
"""Without a write before and after the moment: a restore that rounds to seconds misses it."""


def act(stage: Stage) -> Measured:
    """Write before and after a quiet moment, and restore to it on both sites."""
    for name in SITES:
        stage.wait(partial(stage.has_backup, name), 300, f"the first base backup of {name}")
    with stage.writer() as before:
        stage.wait_for_rows(before, 50)
    time.sleep(QUIET_SECONDS)
    at = datetime.now(UTC)
    time.sleep(QUIET_SECONDS)
    with stage.writer() as after:
        stage.wait_for_rows(after, 20)
        newest = after.acknowledgements.newest
        # Only what is archived can be restored; how long that may take is asked elsewhere.
        stage.do("primary", "SELECT pg_switch_wal()")
        stage.wait(
            lambda: stage.newest("dr", after) >= newest,
            300,
            "the rows in both archives",
        )
    with ExitStack() as clusters:
        seconds = {
            name: clusters.enter_context(stage.restored(name, at, _into(name))) for name in SITES
        }
        return _measured(stage, before, after, at, seconds)


def _measured(
    stage: Stage, before: Writer, after: Writer, at: datetime, seconds: dict[SiteName, float]
) -> Measured:
    """Every row of before and none of after has to be there."""
    lost = phantom = 0
    for name in SITES:
        comparison = stage.compare(before, name, _into(name))
        lost += len(comparison.lost)
        phantom += len(comparison.phantom)
        later = stage.compare(after, name, _into(name))
        expect(
            len(later.lost) == later.acknowledged,
            f"{name}: no row from after it, not {later.acknowledged - len(later.lost)}",
        )
    return Measured(
        seconds=max(seconds.values()),
        lost=lost,
        phantom=phantom,
        details={"at": at.isoformat(), "restore_seconds": seconds},
    )


def _into(name: SiteName) -> str:
    return f"as-it-was-{name}"


SCENARIO = Scenario(
    name="point-in-time",
    sentence="A restore to a moment, chosen with 0.2 s of rest on either side, gives exactly the "
    "rows of that moment from either region's bucket within {bound}.",
    act=act,
    repeatable=True,
    bound=lambda _: RESTORED_SECONDS,
)
