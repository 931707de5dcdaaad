"""The loss of the instance that writes, inside a site that goes on; two scenarios share it."""

import time
from collections.abc import Callable

from drill.scenarios.gap import longest_gap
from drill.scenarios.scenario import Measured
from drill.scenarios.stage import Stage

TAKEN_OVER_SECONDS = 300.0
WHOLE_SECONDS = 600.0
"""Until every instance is ready again; an instance whose machine was off may be cloned again."""


def lose_the_writer(
    stage: Stage, lose: Callable[[str], None], give_back: Callable[[], None]
) -> Measured:
    """Lose the pod of the instance that writes, in the middle of traffic.

    `lose` is given the pod's name; `give_back` is called once another instance has taken over.
    """
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 20)
        old, began = stage.leader("primary"), time.time()
        lose(old)
        stage.wait(
            lambda: (stage.status("primary").get("currentPrimary") or old) != old,
            TAKEN_OVER_SECONDS,
            f"another instance than {old} to lead",
        )
        count = writer.acknowledgements.count
        stage.wait_for_rows(writer, count + 20, TAKEN_OVER_SECONDS)
        give_back()
        whole = stage.wait(lambda: is_whole(stage), WHOLE_SECONDS, "every instance to be ready")
    comparison = stage.compare(writer, "primary")
    return Measured(
        seconds=longest_gap(writer.acknowledgements.rows, since=began),
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={"was": old, "is": stage.leader("primary"), "whole_again_seconds": round(whole, 1)},
    )


def is_whole(stage: Stage) -> bool:
    """Whether every instance of the primary is ready."""
    ready = stage.status("primary").get("readyInstances")
    return bool(ready == stage.twin.topology.primary.instances)
