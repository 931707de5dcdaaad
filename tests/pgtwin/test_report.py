"""`pgtwin report` as a user runs it, against the embedded AWS."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drill.failures.deployed import Deployed
from host.evidence.metrics import metrics, namespace
from host.evidence.status_document import StateStatus, StatusDocument
from tests.pgtwin.conftest import Pgtwin, result
from tests.pgtwin.site_parts import parts
from topology.alarms import raised_by_cloudwatch
from topology.site import SITES, SiteName

pytestmark = pytest.mark.slow
Report = Callable[[], Any]
TRIES = 3


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "new" / "report.html"


@pytest.fixture
def report(pgtwin: Pgtwin, page: Path) -> Report:
    """Writes the page; what was printed with --json.

    Where this machine is too busy for a site that is well to answer in time, it is asked again.
    """

    def written() -> Any:
        for _ in range(TRIES):
            done = pgtwin("report", "--to", str(page), "--json")
            assert done.returncode == 0, done.stderr
            told = result(done)
            if not any("no answer within" in why for why in told["unknown"].values()):
                return told
        pytest.skip(f"this machine is too busy: {told['unknown']}")

    return written


@pytest.fixture
def well(deployed: Deployed) -> Deployed:
    """Both sites answer everything; every alarm is deployed, and DR's heartbeat is late."""
    for site in SITES:
        deployed.set_state(site, parts=parts(site))
        _publish(deployed, site)
        _prove(deployed, site)
        _deploy_alarms(deployed, site)
    return deployed


def _publish(deployed: Deployed, site: SiteName) -> None:
    """As `pgtwin-host report` does, with its own names, half an hour ago."""
    state = StateStatus(
        **{
            **dict.fromkeys(StateStatus.__dataclass_fields__),
            **deployed.well(site, "postgres-cluster", writes=site == "primary"),
            "heartbeat_age_seconds": 77.0,
        }
    )
    document = StatusDocument(
        schema=1, site=site, region="", at="", bundle="", replication="archive", state=state
    )
    data = metrics(document, deployed.topology.site(site).cluster)
    at = datetime.now(UTC) - timedelta(minutes=30)
    deployed.client("cloudwatch", site).put_metric_data(
        Namespace=namespace(deployed.topology.name),
        MetricData=[{**each, "Timestamp": at} for each in data],
    )


def _prove(deployed: Deployed, site: SiteName) -> None:
    for name in ("20261117T064100Z-failed.json", "20261124T064100Z-passed.json", "<b>x</b>"):
        deployed.client("s3", site).put_object(
            Bucket=deployed.bucket(site), Key=f"evidence/{name}", Body=b"{}"
        )


def _deploy_alarms(deployed: Deployed, site: SiteName) -> None:
    topology, cloudwatch = deployed.topology, deployed.client("cloudwatch", site)
    checks = ("system-check", "instance-check")
    machines = [f"{node}-{check}" for node in topology.nodes(site) for check in checks]
    names = [name for name, *_ in raised_by_cloudwatch(topology.replication)]
    for name in (*names, *machines):
        alarm = topology.names.alarm(site, name)
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace=namespace(topology.name),
            MetricName="HeartbeatAgeSeconds",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        state = "ALARM" if (site, name) == ("dr", "heartbeat-age") else "OK"
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")


def test_a_page_of_two_sites_that_answer_and_then_of_one(
    well: Deployed, report: Report, page: Path
) -> None:
    told = report()

    assert (told["page"], told["unknown"]) == (str(page), {})
    assert told["raised"] == ["dr: heartbeat-age"]
    shown = page.read_text(encoding="utf-8")
    assert shown.count("2026-11-24 06:41 UTC") == len(SITES)
    assert shown.count("worst 77 s, median 77 s") == len(SITES)
    assert "<b>x</b>" not in shown

    well.lose("primary")
    told = report()

    assert not told["well"]
    for part in ("role", "lag", "alarms", "verifications", "certificates"):
        assert told["unknown"][f"primary: {part}"]
    assert not [each for each in told["unknown"] if each.startswith("dr: ")], "DR answers"
    assert page.read_text(encoding="utf-8").count("worst 77 s, median 77 s") == 1


def test_a_folder_in_place_of_the_page_is_refused(pgtwin: Pgtwin, tmp_path: Path) -> None:
    done = pgtwin("report", "--to", str(tmp_path))

    assert done.returncode == 2
    assert done.stderr.startswith("pgtwin: --to: a file to write, not the folder ")
