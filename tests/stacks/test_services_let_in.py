"""No service of AWS does for another account what it may do for this one."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks.synthesised import ACCOUNT, Synthesised
from topology.site import SITES, SiteName

POLICIES = {
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
}
"""What lets anybody in, and the property that says whom."""
MACHINES = "ec2.amazonaws.com"
"""It names no account: EC2 takes a role for the instance that was given it, and to give one takes
the right to pass that role (IAM user guide, "Grant permissions to pass a role to a service")."""


def let_in(each: Synthesised, site: SiteName) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement that lets a service in, with the service."""
    for kind, name in POLICIES.items():
        for properties in each.properties(site, kind):
            for statement in properties[name]["Statement"]:
                principal = statement["Principal"]
                if statement["Effect"] == "Allow" and "Service" in principal:
                    yield str(principal["Service"]), statement


@pytest.mark.parametrize("site", SITES)
def test_every_service_but_that_of_the_machines_is_let_in_for_this_account_alone(
    each: Synthesised, site: SiteName
) -> None:
    others = [found for found in let_in(each, site) if found[0] != MACHINES]

    assert {service for service, _ in others} == {
        "cloudwatch.amazonaws.com",
        "logging.s3.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
    }
    for service, statement in others:
        own = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount")
        assert own == ACCOUNT, service
