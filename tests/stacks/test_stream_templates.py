"""`replication: streaming` in the templates: what each stack can say alone, and no more."""

from collections.abc import Callable

import pytest

from tests.stacks.synthesised import Synthesised
from tests.stacks.test_names_agree import site_json
from tests.stacks.test_network_templates import rules
from topology.site import SITES, SiteName, other_site

site_of = pytest.mark.parametrize("site", SITES)
Changed = Callable[..., Synthesised]


@site_of
def test_the_other_site_reaches_the_writers_load_balancer_and_nothing_else(
    changed: Changed, site: SiteName
) -> None:
    streaming = changed(replication="streaming")

    peer = streaming.topology.site(other_site(site)).cidr
    opened = [
        (rule["FromPort"], rule["ToPort"])
        for rule in rules(streaming, site)
        if rule.get("CidrIp") == peer
    ]
    assert opened == [(5432, 5432)]


@site_of
def test_a_network_of_clients_that_is_the_other_sites_is_let_in_once(
    changed: Changed, site: SiteName
) -> None:
    """EC2 refuses a security group with the same rule twice."""
    other = other_site(site)
    cidr = {"primary": "10.0.0.0/16", "dr": "10.1.0.0/16"}[other]
    streaming = changed(replication="streaming", **{f"{site}__client_cidrs": [cidr]})

    assert [rule["CidrIp"] for rule in rules(streaming, site) if "CidrIp" in rule] == [cidr]


@site_of
@pytest.mark.parametrize("replication", ["archive", "streaming"])
def test_a_stack_names_nothing_that_only_the_other_one_knows(
    changed: Changed, site: SiteName, replication: str
) -> None:
    """So that both can be deployed in any order, and one while the other's region is lost."""
    each = changed(replication=replication)

    text = str(each.templates(site))
    assert "Fn::GetStackOutput" not in text
    assert "Fn::ImportValue" not in text
    assert not each.resources(site, "AWS::EC2::VPCPeeringConnection")
    assert not each.resources(site, "AWS::CloudFormation::CustomResource")


@site_of
@pytest.mark.parametrize(("replication", "watched"), [("archive", False), ("streaming", True)])
def test_a_stream_that_is_missing_raises_an_alarm_where_one_is_configured(
    changed: Changed, site: SiteName, replication: str, watched: bool
) -> None:
    each = changed(replication=replication)

    alarms = each.properties(site, "AWS::CloudWatch::Alarm")
    assert any(alarm["MetricName"] == "StreamMissing" for alarm in alarms) == watched
    assert site_json(each, site)["replication"] == replication
