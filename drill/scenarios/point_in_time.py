"""A restore to a second that the user chose, from either region's bucket."""

import time
from datetime import UTC, datetime
from functools import partial

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from drill.traffic.writer import Writer
from topology.site import SITES, SiteName

RESTORED_SECONDS = 180.0


def act(stage: Stage) -> Measured:
    """Write before and after a quiet second, and restore to it on both sites."""
    for name in SITES:
        stage.wait(partial(stage.has_backup, name), 300, f"the first base backup of {name}")
    with stage.writer() as before:
        stage.wait_for_rows(before, 50)
    time.sleep(1.5)
    at = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.5)
    with stage.writer() as after:
        stage.wait_for_rows(after, 20)
        newest = after.acknowledgements.newest
        stage.wait(
            lambda: stage.newest("dr", after) >= newest,
            300,
            "the rows in both archives",
        )
    try:
        return _restored(stage, before, after, at)
    finally:
        for name in SITES:
            if stage.twin.sites[name].objects.get("Cluster", _into(name)):
                stage.twin.sites[name].objects.delete("Cluster", _into(name))


def _restored(stage: Stage, before: Writer, after: Writer, at: datetime) -> Measured:
    """Restore on both sites; every row of before and none of after has to be there."""
    seconds = {name: _restore(stage, name, f"{at:%Y-%m-%dT%H:%M:%SZ}") for name in SITES}
    lost = phantom = 0
    for name in SITES:
        comparison = stage.compare(before, name, _into(name))
        lost += len(comparison.lost)
        phantom += len(comparison.phantom)
        later = stage.compare(after, name, _into(name))
        expect(
            len(later.lost) == later.acknowledged,
            f"{name}: no row of a later second, not {later.acknowledged - len(later.lost)}",
        )
    return Measured(
        seconds=max(seconds.values()),
        lost=lost,
        phantom=phantom,
        details={"at": at.isoformat(), "restore_seconds": seconds},
    )


def _restore(stage: Stage, name: SiteName, at: str) -> float:
    began = time.monotonic()
    stage.twin.pgtwin("restore", "--at", at, "--into", _into(name), "--site", name)
    return round(time.monotonic() - began, 1)


def _into(name: SiteName) -> str:
    return f"as-it-was-{name}"


SCENARIO = Scenario(
    name="point-in-time",
    sentence="A restore to a chosen second, from either region's bucket, gives exactly the rows "
    "of that second within {bound}.",
    act=act,
    repeatable=True,
    bound=lambda _: RESTORED_SECONDS,
)
