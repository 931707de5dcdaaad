"""What a replica costs that has nothing to replay."""

import time

from drill.scenarios.scenario import Measured, Scenario
from drill.scenarios.stage import Stage

INTERVAL_SECONDS = 60.0
"""A heartbeat is written and archived once a minute, so any minute has one."""
MOST_SECONDS_PER_MINUTE = 9.0
"""Half again what a quiet machine takes, as a busy one takes more for the same; two segments per
look take twice as much (docs/performance.md)."""


def act(stage: Stage) -> Measured:
    """Write nothing for a minute and take the difference of the replica's processor time."""
    site = stage.twin.sites["dr"]
    before, began = site.processor_seconds(), time.monotonic()
    time.sleep(INTERVAL_SECONDS)
    after, interval = site.processor_seconds(), time.monotonic() - began
    cores = (after - before) / interval
    return Measured(
        seconds=60 * cores,
        details={"cores": round(cores, 3), "interval_seconds": round(interval, 1)},
    )


SCENARIO = Scenario(
    name="idle-follower",
    sentence="A replica that has nothing to replay takes {bound} of processor time per minute at "
    "most, its looks into the archive included.",
    act=act,
    bound=lambda _: MOST_SECONDS_PER_MINUTE,
    needs=frozenset({"processor time"}),
    repeatable=True,
    bounds_processor=True,
)
