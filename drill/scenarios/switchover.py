"""The planned change of the writer, and back again, under traffic."""

import time
from functools import partial

from drill.scenarios.applications import applications
from drill.scenarios.gap import longest_gap
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from topology.site import SiteName

PAUSE_SECONDS = 60.0


def act(stage: Stage) -> Measured:
    """Hand the writer to DR and back while an application writes."""
    names = _archives(stage)
    pauses = []
    returned = []
    with stage.writer() as writer, applications(stage, "primary") as pools:
        stage.wait_for_rows(writer, 20)
        directions: tuple[tuple[SiteName, SiteName], ...] = (("primary", "dr"), ("dr", "primary"))
        for old, to in directions:
            stage.wait(partial(_is_free, stage, old), 300, f"no base backup on {old}")
            began = time.time()
            stage.twin.pgtwin("switchover", "--to", to)
            count = writer.acknowledgements.count
            stage.wait_for_rows(writer, count + 20, 60)
            pauses.append(longest_gap(writer.acknowledgements.rows, since=began))
            returned.append(pools.await_writes(to, since=began))
        lost_of_pools = pools.lost("primary")
    comparison = stage.compare(writer, "primary")
    after = _archives(stage)
    expect(names == after, f"nobody was cloned again: {names}, not {after}")
    stage.wait(
        lambda: stage.newest("dr", writer) >= writer.acknowledgements.newest,
        300,
        "DR to follow again",
    )
    return Measured(
        seconds=max(pauses),
        lost=len(comparison.lost) + lost_of_pools,
        phantom=len(comparison.phantom),
        details={
            "pauses_seconds": [round(pause, 1) for pause in pauses],
            "pools_pauses_seconds": pools.why_none or returned,
        },
    )


def _archives(stage: Stage) -> dict[SiteName, str]:
    """Where each site's Cluster is told to archive; a clone has a new name there."""
    plugins = {name: stage.spec(name)["plugins"] for name in stage.twin.sites}
    return {name: str(each[0]["parameters"]["serverName"]) for name, each in plugins.items()}


def _is_free(stage: Stage, site: SiteName) -> bool:
    return not stage.backs_up(site)


SCENARIO = Scenario(
    name="switchover",
    sentence="A planned switchover and the way back lose no row, need no clone, and keep an "
    "application waiting {bound} at most.",
    act=act,
    repeatable=True,
    bound=lambda _: PAUSE_SECONDS,
)
