"""`pgtwin prepare-destroy`: what a role change has made of the stacks is as they made it again.

Real: the command line as a process. Emulated: AWS, whose CloudFormation and Route 53 delete a
record only by the values that it has. The two stacks are `aws cloudformation` templates with the
record and the role that a failover changes, beside a system that the tests make by hand.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from drill.failures.deployed import TRUST, Deployed
from pgtwin.aws.outside_fence import POLICY
from tests.pgtwin.conftest import Pgtwin
from topology.names import STACK_IDS, sites_of
from topology.site import SITES, SiteName

pytestmark = pytest.mark.slow


class Stacks:
    """A stack per site with the writer's name, pointed at its own balancer, and the role."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed, self.names = deployed, deployed.topology.names

    def make(self) -> None:
        for site in SITES:
            self._clear(site)
            self._client(site).create_stack(
                StackName=self.names.stack(site),
                TemplateBody=json.dumps({"Resources": self._resources(site)}),
            )

    def status(self, site: SiteName) -> str:
        stacks = self._client(site).describe_stacks()["Stacks"]
        name = self.names.stack(site)
        return next((str(each["StackStatus"]) for each in stacks if each["StackName"] == name), "")

    def delete(self, site: SiteName) -> None:
        self._client(site).delete_stack(StackName=self.names.stack(site))

    def protect(self, site: SiteName) -> None:
        self._client(site).update_termination_protection(
            StackName=self.names.stack(site), EnableTerminationProtection=True
        )

    def target(self, site: SiteName) -> dict[str, Any]:
        """What the stack says that the name leads to."""
        elbv2 = self.deployed.client("elbv2", site)
        name = f"{self.deployed.topology.name}-{site}"
        found = elbv2.describe_load_balancers(Names=[name])["LoadBalancers"][0]
        return {
            "DNSName": f"dualstack.{found['DNSName']}",
            "HostedZoneId": found["CanonicalHostedZoneId"],
        }

    def is_denied(self, site: SiteName) -> bool:
        iam = self.deployed.client("iam", site)
        role = self.names.server_role(site)
        return POLICY in iam.list_role_policies(RoleName=role)["PolicyNames"]

    def _clear(self, site: SiteName) -> None:
        """What the system made by hand has under the names of the stack."""
        record = {
            "Name": self.names.writer_alias(),
            "Type": "A",
            "AliasTarget": {**self.target(site), "EvaluateTargetHealth": False},
        }
        self.deployed.client("route53", site).change_resource_record_sets(
            HostedZoneId=self.deployed.zones[site],
            ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]},
        )
        self.deployed.client("iam", site).delete_role(RoleName=self.names.server_role(site))

    def _resources(self, site: SiteName) -> dict[str, Any]:
        record = {
            "Name": self.names.writer_alias(),
            "Type": "A",
            "HostedZoneId": self.deployed.zones[site],
            "AliasTarget": self.target(site),
        }
        role = {
            "RoleName": self.names.server_role(site),
            "AssumeRolePolicyDocument": TRUST,
        }
        return {
            "Name": {"Type": "AWS::Route53::RecordSet", "Properties": record},
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        }

    def _client(self, site: SiteName) -> Any:
        return self.deployed.client("cloudformation", site)


@pytest.fixture
def stacks(deployed: Deployed, config: Path) -> Stacks:
    text = config.read_text().replace("cidr:", "termination_protection: false\n  cidr:")
    config.write_text(text)
    stacks = Stacks(deployed)
    stacks.make()
    return stacks


def failover(pgtwin: Pgtwin, deployed: Deployed) -> None:
    deployed.lose("primary")
    failed_over = pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "10m")
    assert failed_over.returncode == 0, failed_over.stderr
    deployed.bring_back("primary")


def test_a_failed_over_system_is_deleted_only_after_it(
    pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks
) -> None:
    failover(pgtwin, deployed)
    assert stacks.is_denied("primary")
    for site in SITES:
        stacks.delete(site)
    before = {site: stacks.status(site) for site in SITES}

    prepared = pgtwin("prepare-destroy", "--yes-destroy", deployed.topology.name)

    assert prepared.returncode == 0, prepared.stderr
    for site in SITES:
        stacks.delete(site)
    # DR's name led to DR's own balancer all along, and only the primary was fenced.
    assert before == {"primary": "DELETE_FAILED", "dr": ""}
    assert {site: stacks.status(site) for site in SITES} == {"primary": "", "dr": ""}


def test_after_a_switchover_and_back_the_names_are_those_of_the_stacks(
    pgtwin: Pgtwin, stacks: Stacks
) -> None:
    for site in ("dr", "primary"):
        switched = pgtwin("switchover", "--to", site)
        assert switched.returncode == 0, switched.stderr

    stacks.delete("primary")

    assert stacks.status("primary") == ""


def test_nothing_is_put_back_without_the_name_of_the_system(
    pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks
) -> None:
    failover(pgtwin, deployed)

    unasked = pgtwin("prepare-destroy")
    mistyped = pgtwin("prepare-destroy", "--yes-destroy", "pgtwin")

    assert (unasked.returncode, mistyped.returncode) == (2, 2)
    assert "leads to primary again" in unasked.stderr
    assert "may write to their archive again" in unasked.stderr
    assert deployed.alias("primary") == deployed.alias("dr")
    assert stacks.is_denied("primary")


def test_a_protected_stack_keeps_everything_as_it_is(
    pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks
) -> None:
    failover(pgtwin, deployed)
    stacks.protect("dr")

    refused = pgtwin("prepare-destroy", "--yes-destroy", deployed.topology.name)

    assert refused.returncode == 2
    assert f"{stacks.names.stack('dr')} refuses deletion" in refused.stderr
    assert "pgtwin protect" in refused.stderr
    assert stacks.is_denied("primary")


def test_what_is_to_be_protected_is_kept_though_a_deployment_was_cut_off(
    pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks, config: Path
) -> None:
    ec2 = deployed.client("ec2", "dr")
    wanted = [{"Name": "tag:pgtwin:system", "Values": [deployed.topology.name]}]
    group, *_ = ec2.describe_instances(Filters=wanted)["Reservations"]
    instance = group["Instances"][0]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})

    by_machine = pgtwin("prepare-destroy")
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    config.write_text(config.read_text().replace("  termination_protection: false\n", ""))
    by_configuration = pgtwin("prepare-destroy")

    assert (by_machine.returncode, by_configuration.returncode) == (2, 2)
    assert "server-1 of dr refuses termination" in by_machine.stderr
    assert "says that primary refuses deletion" in by_configuration.stderr


def test_one_stack_alone_leaves_the_other_region_as_it_is(
    pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks
) -> None:
    switched = pgtwin("switchover", "--to", "dr")
    assert switched.returncode == 0, switched.stderr
    of_dr = deployed.alias("dr")
    name = deployed.topology.name

    prepared = pgtwin("prepare-destroy", "--stacks", "PrimaryStack", "--yes-destroy", name)

    assert prepared.returncode == 0, prepared.stderr
    assert deployed.alias("dr") == of_dr
    assert deployed.alias("primary") != of_dr


def test_it_can_be_repeated_when_the_site_that_the_other_name_leads_to_is_gone(
    pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks
) -> None:
    of_dr = deployed.alias("dr")
    for site in ("dr", "primary"):
        assert pgtwin("switchover", "--to", site).returncode == 0
    assert deployed.alias("dr") == deployed.alias("primary")
    stacks.delete("primary")
    outputs = deployed.topology.names.outputs_parameter("primary")
    deployed.client("ssm", "primary").delete_parameter(Name=outputs)

    prepared = pgtwin("prepare-destroy", "--yes-destroy", deployed.topology.name)

    assert prepared.returncode == 0, prepared.stderr
    assert deployed.alias("dr") == of_dr
    stacks.delete("dr")
    assert stacks.status("dr") == ""


def test_what_is_gone_is_not_made_again(pgtwin: Pgtwin, deployed: Deployed, stacks: Stacks) -> None:
    stacks.delete("primary")

    prepared = pgtwin("prepare-destroy")

    assert prepared.returncode == 0, prepared.stderr
    assert f"primary has no stack {stacks.names.stack('primary')}" in prepared.stderr
    with pytest.raises(LookupError):
        deployed.alias("primary")


@pytest.mark.parametrize(
    ("named", "sites"),
    [
        ("PrimaryStack DrStack", SITES),
        ("DrStack", ("dr",)),
        ("PrimaryStack --exclusively", ("primary",)),
        ("--all", SITES),
        ("", SITES),
    ],
)
def test_the_stacks_that_make_names_are_sites(named: str, sites: tuple[SiteName, ...]) -> None:
    assert sites_of(named) == sites


def test_make_names_the_stacks_of_both_sites() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")

    assert f"\nSTACKS := {' '.join(STACK_IDS.values())}\n" in makefile
