"""The primary region is gone: machines, bucket, APIs; in any of the ways in which regions fail."""

from functools import partial

from drill.failure_modes import MODES, FailureMode
from drill.scenarios.lost_site import lose
from drill.scenarios.scenario import Measured, Scenario, loss_bound
from drill.scenarios.stage import Stage

WRITABLE_SECONDS = 30.0


def act(stage: Stage, mode: FailureMode) -> Measured:
    """Lose the region in the middle of traffic."""
    loss = lose(stage, lambda: stage.twin.lose_region("primary", mode), mode.name)
    bound = loss_bound(stage.twin.topology)
    rpo = loss.rpo_seconds
    return Measured(
        seconds=loss.since_decision_seconds,
        lost=len(loss.comparison.lost),
        phantom=len(loss.comparison.phantom),
        details={**loss.details, "rpo_bound_seconds": 0.0 if loss.promised else bound},
        loses_none=loss.promised is True,
        missed="" if rpo <= bound else f"lost rows of the last {rpo:.1f} s, not of {bound:g} s",
        loss=loss,
    )


def by(mode: FailureMode) -> Scenario:
    """The loss in which the region's services fail in this mode."""
    return Scenario(
        name="region-lost",
        sentence="When the primary region is lost in the middle of traffic "
        f"(its services: {mode.name}), DR is writable within {{bound}} of the decision, and only "
        "rows of the last archive timeout + 10 s are lost; of the last second where DR streams; "
        "none where commits wait for it.",
        act=partial(act, mode=mode),
        needs=frozenset({"loss of a region"}),
        bound=lambda _: WRITABLE_SECONDS,
        may_lose=True,
    )


SCENARIO = by(MODES[0])
