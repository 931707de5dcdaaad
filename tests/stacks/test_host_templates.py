"""What every machine is like, and what never changes one."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import deadlines
from tests.stacks.synthesised import ROOT, Synthesised, synthesise
from topology.load import load
from topology.site import SITES, SiteName

INSTANCE = "AWS::EC2::Instance"
VOLUME = "AWS::EC2::Volume"
site_of = pytest.mark.parametrize("site", SITES)


def tags(resource: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


@site_of
def test_has_a_machine_for_every_server_and_agent(each: Synthesised, site: SiteName) -> None:
    here = each.topology.site(site)
    found = [tags(instance)["pgtwin:node"] for instance in each.properties(site, INSTANCE)]

    servers = [f"server-{i + 1}" for i in range(here.servers)]
    assert sorted(found) == sorted([*servers, *(f"agent-{i + 1}" for i in range(here.agents))])


@site_of
def test_spreads_each_role_over_the_zones(each: Synthesised, site: SiteName) -> None:
    zones = each.topology.site(site).zones
    for role in ("server", "agent"):
        placed = [
            instance["AvailabilityZone"]
            for instance in each.properties(site, INSTANCE)
            if tags(instance)["pgtwin:role"] == role
        ]
        counts = [placed.count(zone) for zone in zones]
        assert max(counts) - min(counts) <= 1


@site_of
def test_gives_every_machine_one_encrypted_volume_in_its_zone_under_its_tags(
    each: Synthesised, site: SiteName
) -> None:
    def by_node(kind: str) -> dict[str, dict[str, Any]]:
        return {tags(found)["pgtwin:node"]: found for found in each.properties(site, kind)}

    volumes = by_node(VOLUME)
    instances = by_node(INSTANCE)
    assert volumes.keys() == instances.keys()
    for node, volume in volumes.items():
        assert volume["Encrypted"] is True
        assert volume["VolumeType"] == "gp3"
        assert "KmsKeyId" in volume
        assert volume["Size"] == each.topology.site(site).data_volume_gib
        assert volume["AvailabilityZone"] == instances[node]["AvailabilityZone"]
        shared = {key: value for key, value in tags(volume).items() if key.startswith("pgtwin:")}
        assert shared.items() <= tags(instances[node]).items()
        assert shared.keys() == {"pgtwin:system", "pgtwin:site", "pgtwin:role", "pgtwin:node"}


@site_of
def test_never_ties_a_volume_to_a_machine(each: Synthesised, site: SiteName) -> None:
    assert not each.resources(site, "AWS::EC2::VolumeAttachment")
    assert not any("Volumes" in instance for instance in each.properties(site, INSTANCE))


@site_of
def test_requires_session_tokens_of_the_metadata_service(each: Synthesised, site: SiteName) -> None:
    for instance in each.properties(site, INSTANCE):
        assert instance["MetadataOptions"] == {
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 2,
            "InstanceMetadataTags": "enabled",
        }


@site_of
def test_encrypts_root_volumes_and_has_no_key_pair(each: Synthesised, site: SiteName) -> None:
    for instance in each.properties(site, INSTANCE):
        assert "KeyName" not in instance
        assert all(device["Ebs"]["Encrypted"] for device in instance["BlockDeviceMappings"])


@site_of
def test_nothing_refuses_the_rollback_of_a_creation_that_failed(
    each: Synthesised, site: SiteName
) -> None:
    manifest = json.loads((each.folder / "cdk.out" / "manifest.json").read_text())

    for instance in each.properties(site, INSTANCE):
        assert not instance.get("DisableApiTermination", False)
    for artifact in manifest["artifacts"].values():
        assert not artifact.get("properties", {}).get("terminationProtection", False)


@site_of
def test_a_machine_is_made_after_its_volume_and_gone_before_it(
    each: Synthesised, site: SiteName
) -> None:
    templates = each.templates(site).values()
    resources = {id: found for template in templates for id, found in template["Resources"].items()}
    volumes = {
        tags(found["Properties"])["pgtwin:node"]: id
        for id, found in resources.items()
        if found["Type"] == VOLUME
    }

    for found in each.resources(site, INSTANCE):
        assert volumes[tags(found["Properties"])["pgtwin:node"]] in found["DependsOn"]


def test_runs_one_small_user_data_on_every_machine_of_every_configuration(
    shipped: dict[str, Synthesised],
) -> None:
    texts = {
        instance["UserData"]["Fn::Base64"]
        for synthesised in shipped.values()
        for site in SITES
        for instance in synthesised.properties(site, INSTANCE)
    }

    (text,) = texts
    assert text == (ROOT / "host/user_data.sh").read_text()
    assert len(text.encode()) < 4096


def test_no_deployment_changes_the_user_data_of_machines_that_run() -> None:
    """CloudFormation would stop and start all machines of a site at once, and run nothing on them.

    What changes travels in the bundle. Whoever changes this text for new machines says in
    CHANGELOG.md that a site which stands needs an hour without clients (pgtwin/machine_obstacles).
    """
    text = (ROOT / "host/user_data.sh").read_bytes()

    assert hashlib.sha256(text).hexdigest() == (
        "47ad6561ef9797b879cb9fa86e9f5cec33ead553db62df3b8ff43962ee4718c5"
    )


def test_a_machine_of_another_generation_is_the_only_one_that_is_made_anew(
    default: Synthesised, changed: Callable[..., Synthesised]
) -> None:
    image = "ami-0123456789abcdef0"
    after = changed(primary__machines={"agent-1": {"generation": 2, "ami": image}})

    def named(synthesised: Synthesised, kind: str) -> dict[str, Any]:
        return {
            name: resource
            for template in synthesised.templates("primary").values()
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    before, now = named(default, INSTANCE), named(after, INSTANCE)
    (gone,), (made,) = before.keys() - now.keys(), now.keys() - before.keys()
    assert tags(before[gone]["Properties"])["pgtwin:node"] == "agent-1"
    assert tags(now[made]["Properties"])["pgtwin:generation"] == "2"
    assert now[made]["Properties"]["ImageId"] == image
    assert {name: before[name] for name in before.keys() & now.keys()}.items() <= now.items()
    assert named(default, VOLUME) == named(after, VOLUME)
    assert default.resources("dr", INSTANCE) == after.resources("dr", INSTANCE)
    pointers = [
        parameter["Value"]
        for synthesised in (default, after)
        for parameter in synthesised.properties("primary", "AWS::SSM::Parameter")
        if parameter["Name"].endswith("/bundle")
    ]
    assert pointers[0] == pointers[1], "no verb runs because of it"


def test_changes_no_machine_when_a_manifest_changes(
    default: Synthesised, changed: Callable[..., Synthesised]
) -> None:
    after = changed(database__parameters={"max_connections": "300"})

    for site in SITES:
        for kind in (INSTANCE, VOLUME, "AWS::IAM::Role", "AWS::IAM::InstanceProfile"):
            assert default.resources(site, kind) == after.resources(site, kind)
        pointers = [
            parameter["Value"]
            for synthesised in (default, after)
            for parameter in synthesised.properties(site, "AWS::SSM::Parameter")
            if parameter["Name"].endswith("/bundle")
        ]
        assert pointers[0] != pointers[1]


@site_of
def test_an_image_that_is_not_pinned_is_a_parameter_that_only_a_person_can_fill(
    default: Synthesised, site: SiteName
) -> None:
    (parameters,) = [
        template["Parameters"]
        for file, template in default.templates(site).items()
        if "nested" not in file
    ]
    report = (default.folder / "cdk.out" / "validation-report.json").read_text()

    assert "Default" not in parameters["RunMakePinAmi"]
    assert "make pin-ami" in report
    assert "/current/" not in str(default.templates(site))


def test_takes_the_pinned_image_without_a_warning(tmp_path: Path) -> None:
    topology = load(ROOT / "config/default.yaml")
    pins: dict[SiteName, str] = {"primary": "ami-0123456789abcdef0", "dr": "ami-0fedcba9876543210"}
    pinned = synthesise(
        topology.model_copy(
            update={
                site: topology.site(site).model_copy(update={"ami": ami})
                for site, ami in pins.items()
            }
        ),
        tmp_path,
    )

    for site in SITES:
        assert "RunMakePinAmi" not in str(pinned.templates(site))
        for instance in pinned.properties(site, INSTANCE):
            assert instance["ImageId"] == pins[site]
    report = tmp_path / "cdk.out" / "validation-report.json"
    assert not report.exists() or "pin-ami" not in report.read_text()


@site_of
def test_waits_until_the_site_is_ready(each: Synthesised, site: SiteName) -> None:
    (ready,) = each.resources(site, "AWS::CloudFormation::WaitCondition")
    (hosts,) = [
        template for name, template in each.templates(site).items() if "DatabaseHosts" in name
    ]
    instances = {name for name, each in hosts["Resources"].items() if each["Type"] == INSTANCE}

    assert instances <= set(ready["DependsOn"])
    assert 1800 <= int(ready["Properties"]["Timeout"]) <= 43200


def runs(each: Synthesised, site: SiteName, verb: str) -> dict[str, Any]:
    """The association that runs a verb."""
    found = {
        association["Parameters"]["verb"][0]: association
        for association in each.properties(site, "AWS::SSM::Association")
    }
    assert found.keys() == {"apply", "refresh"}
    return found[verb]


@site_of
def test_a_new_bundle_reaches_every_machine_and_one_that_is_off_fails_no_deployment(
    each: Synthesised, site: SiteName
) -> None:
    association = runs(each, site, "refresh")

    assert association["Parameters"] == runs(each, site, "apply")["Parameters"] | {
        "verb": ["refresh"]
    }
    assert [target["Key"] for target in association["Targets"]] == [
        "tag:pgtwin:system",
        "tag:pgtwin:site",
    ]
    assert (association["MaxConcurrency"], association["MaxErrors"]) == ("1", "100%")
    assert "WaitForSuccessTimeoutSeconds" not in association


@site_of
def test_runs_a_new_bundle_on_one_server_at_a_time_after_the_first_boot(
    each: Synthesised, site: SiteName
) -> None:
    association = runs(each, site, "apply")
    raw, _ = each.resources(site, "AWS::SSM::Association")
    (pointer,) = [
        parameter["Value"]
        for parameter in each.properties(site, "AWS::SSM::Parameter")
        if parameter["Name"] == each.topology.names.bundle_parameter(site)
    ]

    assert association["Parameters"]["bundle"][0] in pointer
    assert association["MaxConcurrency"] == "1"
    assert association["MaxErrors"] == "0"
    assert association["WaitForSuccessTimeoutSeconds"] >= 900
    assert {"Key": "tag:pgtwin:role", "Values": ["server"]} in association["Targets"]
    assert any("Ready" in name for name in raw["DependsOn"])


@site_of
def test_sends_clients_to_every_database_machine(each: Synthesised, site: SiteName) -> None:
    (balancer,) = each.properties(site, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    (listener,) = each.properties(site, "AWS::ElasticLoadBalancingV2::Listener")
    (group,) = each.properties(site, "AWS::ElasticLoadBalancingV2::TargetGroup")

    assert balancer["Scheme"] == "internal"
    assert listener["Port"] == 5432
    assert {target["Port"] for target in group["Targets"]} == {30432}
    assert len(group["Targets"]) == each.topology.site(site).database_nodes


@site_of
def test_clients_are_led_away_from_a_machine_that_is_lost_or_closed_within_seconds(
    each: Synthesised, site: SiteName
) -> None:
    (group,) = each.properties(site, "AWS::ElasticLoadBalancingV2::TargetGroup")
    attributes = {item["Key"]: item["Value"] for item in group["TargetGroupAttributes"]}

    assert group["HealthCheckProtocol"] == "TCP"
    assert group["HealthCheckIntervalSeconds"] * group["UnhealthyThresholdCount"] <= 10
    assert group["HealthCheckIntervalSeconds"] * group["HealthyThresholdCount"] <= 10
    assert attributes["deregistration_delay.timeout_seconds"] == "10"
    assert attributes["deregistration_delay.connection_termination.enabled"] == "true"
    assert attributes["target_health_state.unhealthy.connection_termination.enabled"] == "true"


@site_of
def test_what_waits_outside_waits_longer_than_all_that_is_inside(
    each: Synthesised, site: SiteName
) -> None:
    (condition,) = each.properties(site, "AWS::CloudFormation::WaitCondition")
    changes = runs(each, site, "apply")
    (document,) = [
        document
        for document in each.properties(site, "AWS::SSM::Document")
        if document["DocumentType"] == "Command"
    ]
    (step,) = document["Content"]["mainSteps"]
    servers = each.topology.site(site).servers

    last_try, joining = deadlines.LAST_TRY_SECONDS, 2 * deadlines.JOIN_SECONDS
    first = last_try + joining + deadlines.APPLY_SECONDS + deadlines.READY_SECONDS
    assert first <= int(condition["Timeout"]) <= 43_200
    one_after_the_other = servers * 2 * deadlines.APPLY_SECONDS
    assert one_after_the_other <= changes["WaitForSuccessTimeoutSeconds"] <= 172_800
    assert int(step["inputs"]["timeoutSeconds"]) > deadlines.FOLLOW_SECONDS
    assert int(step["inputs"]["timeoutSeconds"]) > deadlines.VERIFY_SECONDS
