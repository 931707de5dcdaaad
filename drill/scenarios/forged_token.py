"""Promotions that must not happen."""

import base64
import json

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from topology.site import SITES, SiteName

REFUSED = 2
"""The host program's exit code for a precondition that does not hold."""
UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"


def act(stage: Stage) -> Measured:
    """Try to promote with a forged token, without any, and where the writer is already."""
    before = _timelines(stage)
    forged = _forged()
    refusals = {
        "forged token on DR": stage.verb("dr", "promote", "--token", forged),
        "no token on DR": stage.verb("dr", "promote", "--without-token"),
    }
    for attempt, ran in refusals.items():
        expect(ran.exit_code == REFUSED, f"{attempt}: refused, not {ran.exit_code}: {ran.stderr}")
    again = stage.verb("primary", "promote", "--without-token")
    _by_hand(stage, forged)
    expect(stage.ask("dr", "SELECT pg_is_in_recovery()") is True, "DR is still a replica")
    expect(stage.ask("primary", "SELECT pg_is_in_recovery()") is False, "the primary still writes")
    after = _timelines(stage)
    expect(before == after, f"the timelines are as before: {before}, not {after}")
    return Measured(
        seconds=None,
        details={
            **{attempt: ran.stderr.strip().splitlines()[-1:] for attempt, ran in refusals.items()},
            "the writer promoted again": f"exit code {again.exit_code}",
        },
    )


def _timelines(stage: Stage) -> dict[SiteName, int]:
    # Not from the Cluster's status: the operator sets it on the writer only.
    query = "SELECT timeline_id FROM pg_control_checkpoint()"
    return {site: stage.ask(site, query) for site in SITES}


def _by_hand(stage: Stage, token: str) -> None:
    """Somebody with kubectl goes round the host program: the operator itself refuses."""
    topology = stage.twin.topology
    objects, cluster = stage.twin.sites["dr"].objects, topology.dr.cluster
    replica = {"primary": cluster, "promotionToken": token}
    objects.patch("Cluster", cluster, {"spec": {"replica": replica}})
    stage.wait(
        lambda: stage.status("dr").get("phase") == UNRECOVERABLE, 120, "the operator's refusal"
    )
    back = {"primary": topology.primary.cluster, "promotionToken": None}
    objects.patch("Cluster", cluster, {"spec": {"replica": back}})
    stage.wait(
        lambda: stage.status("dr").get("phase") == "Cluster in healthy state", 120, "DR to be well"
    )


def _forged() -> str:
    content = {
        "latestCheckpointTimelineID": "1",
        "redoWalFile": "000000010000000000000009",
        "databaseSystemIdentifier": "7000000000000000001",
        "latestCheckpointREDOLocation": "0/9000028",
        "timeOfLatestCheckpoint": "Sun Nov 22 10:00:00 2026",
        "operatorVersion": "1.30.0",
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


SCENARIO = Scenario(
    name="forged-token",
    sentence="A promotion with a forged token, against the record, or of the site that writes "
    "already is refused and changes nothing.",
    act=act,
    repeatable=True,
)
