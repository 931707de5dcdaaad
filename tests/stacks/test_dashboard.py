"""The dashboard of a site: nothing that has an alarm has to be searched for."""

import json
from itertools import combinations
from typing import Any

import pytest

from stacks.alarm_rule import site_alarms
from stacks.dashboard import PANELS
from tests.stacks.synthesised import Synthesised
from topology.alarms import ALARMS
from topology.site import SITES, SiteName

site_of = pytest.mark.parametrize("site", SITES)


def widgets(each: Synthesised, site: SiteName) -> list[dict[str, Any]]:
    (page,) = each.properties(site, "AWS::CloudWatch::Dashboard")
    assert page["DashboardName"] == each.topology.names.dashboard(site)
    found: list[dict[str, Any]] = json.loads(page["DashboardBody"])["widgets"]
    return found


def panels(each: Synthesised, site: SiteName) -> list[dict[str, Any]]:
    return [widget["properties"] for widget in widgets(each, site) if widget["type"] == "metric"]


def test_every_metric_with_an_alarm_has_a_panel_in_whatever_mode() -> None:
    shown = [name for panel in PANELS for name in panel.metrics]

    assert len(shown) == len({*shown})
    assert {alarm.rule.metric for alarm in ALARMS.values() if alarm.rule} <= {*shown}


@site_of
def test_each_panel_has_the_value_at_which_its_alarm_is_raised(
    each: Synthesised, site: SiteName
) -> None:
    topology = each.topology
    limits = {
        (line[1], limit["label"], limit["value"])
        for panel in panels(each, site)
        for line in panel["metrics"]
        for limit in panel["annotations"]["horizontal"]
    }

    for rule in site_alarms(topology.database.archive_timeout_seconds, topology.replication):
        assert (rule.metric, rule.name, rule.threshold) in limits


@site_of
def test_a_line_is_of_the_series_that_the_alarm_is_on(each: Synthesised, site: SiteName) -> None:
    alarms = {
        (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"])
        for alarm in each.properties(site, "AWS::CloudWatch::Alarm")
        if alarm["Namespace"] != "AWS/EC2"
    }
    lines = [line for panel in panels(each, site) for line in panel["metrics"]]

    assert alarms <= {(line[0], line[1], line[-1]["stat"]) for line in lines}
    for line in lines:
        place = each.topology.site(line[3])
        assert line[2:6] == ["site", line[3], "cluster", place.cluster]
        assert line[-1]["region"] == place.region


@site_of
def test_the_heartbeat_is_shown_as_each_region_sees_it(each: Synthesised, site: SiteName) -> None:
    lines = [line for panel in panels(each, site) for line in panel["metrics"]]

    assert [line[3] for line in lines if line[1] == "HeartbeatAgeSeconds"] == [*SITES]


@site_of
def test_the_state_of_every_alarm_of_the_site_is_on_it(each: Synthesised, site: SiteName) -> None:
    (shown,) = [each for each in widgets(each, site) if each["type"] == "alarm"]
    names = {alarm["AlarmName"] for alarm in each.properties(site, "AWS::CloudWatch::Alarm")}

    assert {arn.partition(":alarm:")[2] for arn in shown["properties"]["alarms"]} == names


@site_of
def test_no_part_of_the_page_lies_over_another(each: Synthesised, site: SiteName) -> None:
    for one, other in combinations(widgets(each, site), 2):
        beside = any(
            a["x"] + a["width"] <= b["x"] or a["y"] + a["height"] <= b["y"]
            for a, b in ((one, other), (other, one))
        )
        assert beside, (one, other)
    assert all(each["x"] + each["width"] <= 24 for each in widgets(each, site))
