"""The primary's machines die; its bucket still answers."""

from drill.scenarios.lost_site import lose
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

WRITABLE_SECONDS = 30.0


def act(stage: Stage) -> Measured:
    """Kill the machines in the middle of traffic; every archived row has to be there."""
    loss = lose(stage, lambda: stage.twin.lose_machines("primary"), "machines off")
    newest = _newest_archived(stage)
    safe = loss.acknowledged_up_to(newest)
    missing = [row.number for row in loss.comparison.lost if row.number <= safe]
    expect(not missing, f"{len(missing)} rows in archived segments were lost")
    return Measured(
        seconds=loss.since_decision_seconds,
        lost=len(loss.comparison.lost),
        phantom=len(loss.comparison.phantom),
        details={**loss.details, "newest_archived_segment": newest, "rows_archived": safe},
        loss=loss,
        loses_none=loss.promised is True,
    )


def _newest_archived(stage: Stage) -> str:
    keys = stage.bucket("primary").keys(f"{stage.archive('primary')}/wals/")
    names = [key.rsplit("/", 1)[1].split(".")[0] for key in keys]
    return max(name for name in names if len(name) == len("000000010000000000000001"))


SCENARIO = Scenario(
    name="machines-lost",
    sentence="When the primary's machines die but its bucket answers, DR is writable within "
    "{bound} of the decision, and no row in an archived segment is lost; none at all where commits "
    "wait for DR.",
    act=act,
    needs=frozenset({"loss of a region", "more than four minutes"}),
    bound=lambda _: WRITABLE_SECONDS,
    may_lose=True,
)
