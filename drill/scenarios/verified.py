"""The newest base backup and the newest dump of a bucket are proved to be usable."""

import time

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

VERIFIED_SECONDS = 90.0


def act(stage: Stage) -> Measured:
    """Verify the primary's bucket as an operator would; take what there is to verify first."""
    stage.wait(lambda: stage.has_backup("primary"), 60, "the first base backup of the primary")
    if not stage.twin.pgtwin("dump", "list")["primary"]:
        stage.twin.pgtwin("dump", "now", "--site", "primary")
    began = time.monotonic()
    evidence = stage.twin.pgtwin("verify", "--site", "primary")
    seconds = time.monotonic() - began
    expect(evidence["passed"], f"the evidence passes, not: {evidence}")
    return Measured(seconds=seconds)


SCENARIO = Scenario(
    name="verified",
    sentence="Within {bound} the newest base backup and the newest dump of a bucket are restored "
    "into a throw-away cluster and compared.",
    act=act,
    needs=frozenset({"more than four minutes"}),
    bound=lambda _: VERIFIED_SECONDS,
)
