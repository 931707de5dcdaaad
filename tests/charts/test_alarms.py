"""An alarm is a reason to get up: each has a runbook, and none is red by design."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charts.alarms import alarms
from topology.alarms import NOT_RENEWED_DAYS, PLUGIN_NOT_RENEWED_DAYS
from topology.site import SITES, SiteName

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
ABOUT_STANDBYS = {"StandbyNotStreaming", "StandbyLag"}
Rules = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def rules(manifests: Any, the_only: Any) -> Rules:
    """The alerts of a site by name."""

    def of(site: SiteName) -> dict[str, dict[str, Any]]:
        spec = the_only(manifests(site)["90-monitoring"], "PrometheusRule")["spec"]
        return {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"]}

    return of


@pytest.mark.parametrize("site", SITES)
def test_every_alarm_leads_to_a_runbook(rules: Rules, site: SiteName) -> None:
    for rule in rules(site).values():
        assert (RUNBOOKS.parents[1] / rule["annotations"]["runbook_url"]).is_file()


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_a_runbook_gives_its_four_answers_in_order(page: Path) -> None:
    headings = [line for line in page.read_text().splitlines() if line.startswith("## ")]

    assert headings == ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


def test_the_runbook_of_a_certificate_says_both_numbers_of_days(rules: Rules) -> None:
    page = " ".join((RUNBOOKS / "certificate-days-left.md").read_text().split())

    assert f"fewer than {NOT_RENEWED_DAYS} days left (CloudWatch)" in page
    assert f"fewer than {PLUGIN_NOT_RENEWED_DAYS} (Prometheus)" in page
    expression = rules("dr")["CertificateDaysLeft"]["expr"]
    assert expression.endswith(f"< {PLUGIN_NOT_RENEWED_DAYS} * 86400")


def test_a_site_without_standbys_has_no_alarm_about_them(rules: Rules) -> None:
    assert rules("primary").keys() >= ABOUT_STANDBYS
    assert not ABOUT_STANDBYS & rules("dr").keys()


def test_standbys_are_not_judged_by_streaming_while_their_site_follows_an_archive(
    rules: Rules,
) -> None:
    for name in ABOUT_STANDBYS:
        assert "cnpg_collector_replica_mode == 0" in rules("primary")[name]["expr"]


@pytest.mark.parametrize("site", SITES)
def test_lag_is_measured_by_the_heartbeat_so_that_idle_is_not_lag(
    rules: Rules, site: SiteName
) -> None:
    expression = rules(site)["HeartbeatAge"]["expr"]

    assert "cnpg_pgtwin_heartbeat_age_seconds" in expression
    assert "absent(" in expression, "silence is not health"
    assert "cnpg_pg_replication_lag" not in rules("dr").__repr__()


def test_the_heartbeat_may_miss_a_few_segments_of_whatever_length(configuration: Any) -> None:
    slow = configuration("default", database={"archive_timeout_seconds": 600})
    (heartbeat,) = (a for a in alarms(slow, "dr") if a.runbook == "heartbeat-age")

    assert "> 3000 " in heartbeat.expression


@pytest.mark.parametrize("site", SITES)
def test_the_instances_asked_for_are_the_instances_counted(rules: Rules, site: SiteName) -> None:
    wanted = {"primary": 3, "dr": 1}[site]

    assert rules(site)["MissingInstances"]["expr"].endswith(f"< {wanted}")


@pytest.mark.parametrize("site", SITES)
def test_a_suspended_dump_is_not_missed(rules: Rules, site: SiteName) -> None:
    assert "kube_cronjob_spec_suspend == 0" in rules(site)["DumpAge"]["expr"]


@pytest.mark.parametrize("site", SITES)
def test_prometheus_scrapes_the_instances_of_this_site_and_no_deprecated_monitor(
    manifests: Any, the_only: Any, site: SiteName
) -> None:
    files = manifests(site)
    cluster = the_only(files["50-cluster"], "Cluster")
    monitor = the_only(files["90-monitoring"], "PodMonitor")["spec"]

    assert monitor["selector"]["matchLabels"]["cnpg.io/cluster"] == cluster["metadata"]["name"]
    assert monitor["podMetricsEndpoints"][0]["port"] == "metrics"
    assert "enablePodMonitor" not in cluster["spec"]["monitoring"]


def test_the_heartbeat_query_answers_nothing_before_the_table_is_there(
    manifests: Any, the_only: Any
) -> None:
    queries = the_only(manifests("dr")["50-cluster"], "ConfigMap")["data"]["queries"]

    assert "predicate_query" in queries
    assert "to_regclass('pgtwin.heartbeat')" in queries
