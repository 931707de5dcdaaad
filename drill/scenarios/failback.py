"""The lost region comes back: cloned again, following, and the writer again."""

import time
from collections.abc import Sequence
from itertools import takewhile

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

BACK_SECONDS = 480.0
"""Three instances are cloned one after the other, then comes a switchover."""
RETURNED_SECONDS = 180.0
"""From power to an API that answers: four machines that boot side by side took 59 s."""

_LISTED = "never archived by primary: "
_DELETED = "  clone: done"


def act(stage: Stage) -> Measured:
    """Clone the old primary under a new server name and hand the writer back to it."""
    cluster = stage.twin.topology.primary.cluster
    if not stage.twin.sites["primary"].powered:
        stage.twin.heal("primary")
        stage.twin.sites["primary"].power_on()
    old_name, old_prefix = stage.server_name("primary"), f"{stage.archive('primary')}/"
    bucket = stage.bucket("primary")
    old_archive = set(bucket.keys(old_prefix))
    stage.wait(lambda: stage.cluster("primary"), RETURNED_SECONDS, "the primary's API to answer")
    # Nobody has written since the loss but the application that met it.
    lost = bool(stage.compare(stage.twin.writers[-1], "dr").lost)
    began = time.monotonic()
    with stage.writer() as writer:
        stage.twin.pgtwin("failback", "--site", "primary", "--yes-delete", cluster)
        stage.wait(
            lambda: (
                stage.newest("primary", writer) >= 1
                and stage.ask("primary", "SELECT pg_is_in_recovery()") is False
            ),
            60,
            "the primary to write",
        )
        count = writer.acknowledgements.count
        stage.wait_for_rows(writer, count + 10, 60)
    seconds = time.monotonic() - began
    never_archived = listed(stage.said_by("failback"), lost=lost)
    comparison = stage.compare(writer, "primary")
    new_name = stage.server_name("primary")
    expect(new_name != old_name, f"a new server name, not {old_name} again")
    expect(
        set(bucket.keys(old_prefix)) == old_archive,
        "the old history is left as it was",
    )
    return Measured(
        seconds=seconds,
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={"server_name": new_name, "never_archived": never_archived},
    )


def listed(printed: Sequence[str], *, lost: bool) -> str:
    """The WAL that the command says was never archived, before it deletes what holds it.

    Raises:
        Broken: when it does not say so once, or says `nothing` where rows were lost.
    """
    before_the_deletion = takewhile(lambda line: not line.endswith(_DELETED), printed)
    found = [line for line in before_the_deletion if line.startswith(_LISTED)]
    expect(len(found) == 1, f"what was never archived is listed first, once, not: {found}")
    segments = found[0].removeprefix(_LISTED)
    expect(segments != "nothing" or not lost, "where rows were lost, some WAL was never archived")
    return segments


SCENARIO = Scenario(
    name="failback",
    sentence="A lost primary is cloned under a new server name, follows, and takes over again "
    "within {bound} without losing a row; what it never archived is listed first.",
    act=act,
    needs=frozenset({"loss of a region"}),
    bound=lambda _: BACK_SECONDS,
    before="DR writes alone",
)
