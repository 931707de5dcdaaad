"""Who is told of what, and that silence is never taken for health."""

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from charts.alarms import alarms
from host.evidence import metrics
from host.evidence.metrics import namespace
from stacks.alarm_rule import site_alarms
from tests.stacks.synthesised import ROOT, Synthesised
from topology.alarms import ALARMS
from topology.load import load
from topology.site import SITES, SiteName

ALARM = "AWS::CloudWatch::Alarm"
site_of = pytest.mark.parametrize("site", SITES)


def _metrics_of_the_host() -> set[str]:
    """The names that host/evidence/metrics.py yields, whatever a site's status is."""
    tree = ast.parse(inspect.getsource(metrics))
    yielded = [node.value for node in ast.walk(tree) if isinstance(node, ast.Yield)]
    return {_constant(each.elts[0]) for each in yielded}  # type: ignore[union-attr]


def _constant(name: ast.expr) -> str:
    """A metric's name as it is written there, or as its module names it."""
    return str(name.value if isinstance(name, ast.Constant) else vars(metrics)[ast.unparse(name)])


def ours(each: Synthesised, site: SiteName) -> list[dict[str, Any]]:
    """The alarms on what the host program publishes."""
    where = namespace(each.topology.name)
    return [alarm for alarm in each.properties(site, ALARM) if alarm["Namespace"] == where]


def test_the_document_lists_the_metrics_that_the_host_program_writes() -> None:
    page = (ROOT / "docs/interfaces.md").read_text()

    assert set(re.findall(r"^\| `([A-Z][A-Za-z0-9]+)` \|", page, re.MULTILINE)) == (
        _metrics_of_the_host()
    )


def test_every_alarm_of_the_catalogue_has_a_runbook_and_is_raised_by_something() -> None:
    topology = load(ROOT / "config/default.yaml")
    raised = {"machine-lost", *(rule.name for rule in site_alarms(60, "synchronous"))}
    raised |= {alarm.runbook for site in SITES for alarm in alarms(topology, site)}

    assert raised == set(ALARMS)
    assert {page.stem for page in (ROOT / "docs/runbooks").glob("*.md")} == set(ALARMS)


@site_of
def test_watches_only_metrics_that_the_host_program_writes(
    each: Synthesised, site: SiteName
) -> None:
    written = _metrics_of_the_host()
    cluster = each.topology.site(site).cluster

    assert {alarm["MetricName"] for alarm in ours(each, site)} <= written
    for alarm in ours(each, site):
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        assert dimensions == {"site": site, "cluster": cluster}


@site_of
def test_takes_silence_for_a_failure(each: Synthesised, site: SiteName) -> None:
    for alarm in ours(each, site):
        assert alarm["TreatMissingData"] == "breaching"


@site_of
def test_the_worst_server_raises_an_alarm_whatever_the_others_say(
    each: Synthesised, site: SiteName
) -> None:
    comparisons = {"GreaterThanThreshold": "Maximum", "LessThanThreshold": "Minimum"}

    for alarm in ours(each, site):
        assert alarm["Statistic"] == comparisons[alarm["ComparisonOperator"]], alarm["AlarmName"]
    assert "Minimum" in {alarm["Statistic"] for alarm in ours(each, site)}


@site_of
def test_no_alarm_hears_of_another_system_in_the_account(
    shipped: dict[str, Synthesised], site: SiteName
) -> None:
    heard = {
        name: {alarm["Namespace"] for alarm in each.properties(site, ALARM)} - {"AWS/EC2"}
        for name, each in shipped.items()
    }

    for name, each in shipped.items():
        assert heard[name] == {namespace(each.topology.name)} == {each.topology.names.metrics()}
    assert heard["default"] != heard["lab"]


def test_notices_the_death_of_one_region_in_the_other(each: Synthesised) -> None:
    for site in SITES:
        (heartbeat,) = [
            alarm
            for alarm in each.properties(site, ALARM)
            if alarm["MetricName"] == "HeartbeatAgeSeconds"
        ]

        assert heartbeat["Threshold"] == 5 * each.topology.database.archive_timeout_seconds
        assert heartbeat["AlarmActions"]


@site_of
def test_gives_a_weekly_verification_a_day_to_be_repeated(
    each: Synthesised, site: SiteName
) -> None:
    (evidence,) = [
        alarm
        for alarm in each.properties(site, ALARM)
        if alarm["MetricName"] == "LastEvidenceAgeSeconds"
    ]

    assert evidence["Threshold"] == 8 * 24 * 3600
    assert "docs/runbooks/evidence-age.md" in evidence["AlarmDescription"]
    assert (ROOT / "docs/runbooks/evidence-age.md").is_file()


@site_of
def test_recovers_a_machine_on_broken_hardware_and_reboots_a_hung_one(
    each: Synthesised, site: SiteName
) -> None:
    here = each.topology.site(site)
    actions = [
        str(action)
        for alarm in each.properties(site, ALARM)
        if alarm["Namespace"] == "AWS/EC2"
        for action in alarm["AlarmActions"]
    ]

    for verb in ("ec2:recover", "ec2:reboot"):
        assert sum(verb in action for action in actions) == here.servers + here.agents


def test_says_at_synth_that_nobody_hears_of_the_alarms(
    default: Synthesised, changed: Callable[..., Synthesised]
) -> None:
    told = changed(alarm_email="dba@example.com")

    def warned(each: Synthesised) -> bool:
        return "set `alarm_email`" in (each.folder / "cdk.out/validation-report.json").read_text()

    assert warned(default)
    assert not warned(told)


@site_of
def test_tells_a_topic_of_every_alarm_and_lets_cloudwatch_publish_to_it(
    each: Synthesised, site: SiteName
) -> None:
    for alarm in each.properties(site, ALARM):
        assert any("Topic" in str(action) for action in alarm["AlarmActions"])

    (policy,) = each.properties(site, "AWS::SNS::TopicPolicy")
    statements = policy["PolicyDocument"]["Statement"]
    assert any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        for statement in statements
    )
    assert any(statement["Effect"] == "Deny" for statement in statements)
