"""The newest base backup and the newest dump of a bucket are verified to be usable.

The database has what is awkward in many (`awkward_databases`). It comes back whole from a restore
to a moment too.
"""

import time
from datetime import UTC, datetime

from drill.scenarios.awkward_databases import (
    BESIDE_OTHERS,
    counts,
    expect_named,
    expect_same,
    load,
)
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

VERIFIED_SECONDS = 90.0
_INTO = "awkward-as-it-was"


def act(stage: Stage) -> Measured:
    """Verify the primary's bucket as an operator would, on a dump of an awkward database."""
    stage.wait(lambda: stage.has_backup("primary"), 60, "the first base backup of the primary")
    whole = load(stage)
    at = datetime.now(UTC)
    stage.twin.pgtwin("dump", "now", "--site", "primary")
    began = time.monotonic()
    evidence = stage.twin.pgtwin("verify", "--site", "primary")
    seconds = time.monotonic() - began
    expect(evidence["passed"], f"the evidence passes, not: {evidence}")
    found = evidence["sites"]["primary"]
    verdicts = {each["check"]: each["verdict"] for each in found["checks"]}
    expect(verdicts["rows"] == "passed", f"rows are judged, not: {verdicts}")
    expect_named(found)
    with stage.restored("primary", at, _INTO):
        expect_same(counts(stage, _INTO), whole)
    return Measured(seconds=seconds, details={"awkward": [each.name for each in BESIDE_OTHERS]})


SCENARIO = Scenario(
    name="verified",
    sentence="Within {bound} the newest base backup and the newest dump of a bucket are restored "
    "into a throw-away cluster and compared, of a database that has what is awkward in many; what "
    "is not compared is named, and a restore to a moment holds every row.",
    act=act,
    needs=frozenset({"more than four minutes"}),
    bound=lambda _: VERIFIED_SECONDS,
)
