"""Promotions that must not happen.

What always holds: whichever attempt ends in whatever way, both sites are looked at afterwards. An
attempt that only timed out may have been accepted.
"""

import base64
import json
from typing import Any

from drill.ground_site import NoAnswer
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from host.errors import Refused
from topology.site import SITES, SiteName
from topology.versions import OPERATOR_OF_CHART, Versions

DONE = 0
UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"


def act(stage: Stage) -> Measured:
    """Try to promote with a forged token, without any, and where the writer is already."""
    before = _standing(stage)
    try:
        details = _refused(stage)
    except (NoAnswer, TimeoutError):
        _expect_unchanged(stage, before)
        raise
    _expect_unchanged(stage, before)
    return Measured(seconds=None, details=details)


def _refused(stage: Stage) -> dict[str, Any]:
    """Let each attempt be refused; what was said to it."""
    forged = _forged()
    attempts: dict[str, tuple[SiteName, list[str], int]] = {
        "forged token on DR": ("dr", ["--token", forged], Refused.exit_code),
        "no token on DR": ("dr", ["--without-token"], Refused.exit_code),
        "the writer promoted again": ("primary", ["--without-token"], _again(stage)),
    }
    said = {}
    for attempt, (site, options, exit_code) in attempts.items():
        ran = stage.verb(site, "promote", *options)
        expect(
            ran.exit_code == exit_code,
            f"{attempt}: exit code {exit_code}, not {ran.exit_code}: {ran.stderr}",
        )
        said[attempt] = ran.stderr.strip().splitlines()[-1:]
    _by_hand(stage, forged)
    return said


def _again(stage: Stage) -> int:
    """The exit code where the writer is already.

    Once the record has moved, this is the repeat of the promotion that it permits, which is done.
    """
    return DONE if stage.twin.record() else Refused.exit_code


def _standing(stage: Stage) -> dict[SiteName, object]:
    """Per site: whether it recovers, its timeline, and whom its Cluster calls the primary."""
    # The timeline is not the Cluster's: the operator sets that on the writer only.
    recovers, timeline = (
        "SELECT pg_is_in_recovery()",
        "SELECT timeline_id FROM pg_control_checkpoint()",
    )
    return {
        site: {
            "recovers": stage.answer(site, recovers),
            "timeline": stage.answer(site, timeline),
            "primary": stage.spec(site)["replica"]["primary"],
        }
        for site in SITES
    }


def _expect_unchanged(stage: Stage, before: dict[SiteName, object]) -> None:
    after = _standing(stage)
    expect(before == after, f"the sites stand as before: {before}, not {after}")


def _by_hand(stage: Stage, token: str) -> None:
    """Somebody with kubectl goes round the host program: the operator itself refuses."""
    topology = stage.twin.topology
    objects, cluster = stage.twin.sites["dr"].objects, topology.dr.cluster
    replica = {"primary": cluster, "promotionToken": token}
    back = {"primary": topology.primary.cluster, "promotionToken": None}
    try:
        objects.patch("Cluster", cluster, {"spec": {"replica": replica}})
        stage.wait(
            lambda: stage.status("dr").get("phase") == UNRECOVERABLE, 120, "the operator's refusal"
        )
    finally:
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
        "operatorVersion": OPERATOR_OF_CHART[Versions().chart_cloudnative_pg],
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


SCENARIO = Scenario(
    name="forged-token",
    sentence="A promotion with a forged token, against the record, or of the site that writes "
    "already is refused and changes nothing.",
    act=act,
    repeatable=True,
)
