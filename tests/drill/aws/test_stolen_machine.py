"""docs/rotate.md, "A machine that was stolen": its first step, with IAM enforced."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from drill.aws.embedded_aws import EmbeddedAws
from drill.thief.play import REFUSALS

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[3] / "docs/rotate.md"
REGION, ROLE = "eu-west-1", "agents"
MAY = {"Effect": "Allow", "Action": ["ec2:DescribeVolumes", "ssm:GetParameter"], "Resource": "*"}


@pytest.fixture(scope="module")
def machines(aws: EmbeddedAws) -> Iterator[tuple[str, str]]:
    """Two machines with one role."""
    iam = aws.client("iam", REGION)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy({**trust, "Action": "sts:*"}))
    iam.put_role_policy(RoleName=ROLE, PolicyName="host", PolicyDocument=_policy(MAY))
    iam.create_instance_profile(InstanceProfileName=ROLE)
    iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    aws.client("ssm", REGION).put_parameter(Name="/bundle", Value="x", Type="String")
    first, second = _launched(aws), _launched(aws)
    aws.enforce_iam()
    yield first, second
    aws.enforce_iam(enforce=False)


def _launched(aws: EmbeddedAws) -> str:
    """One instance: of several, moto gives the profile to the first alone."""
    made = aws.client("ec2", REGION).run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": ROLE}
    )
    return str(made["Instances"][0]["InstanceId"])


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def denial(instance: str) -> str:
    """The policy of the page for one instance."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition("### A machine that was stolen")
    (policy,) = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    assert "i-OLD" in policy
    return str(policy).replace("i-OLD", instance)


class Thief:
    """Whoever copied a machine's credentials."""

    def __init__(self, aws: EmbeddedAws, instance: str) -> None:
        given = aws.instance_credentials(REGION, instance)
        self._keys = {
            "endpoint_url": aws.endpoint(REGION),
            "region_name": REGION,
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["Token"],
        }

    def refused(self) -> list[bool]:
        """Whether each service refuses what the role may do."""
        ec2, ssm = (boto3.session.Session().client(name, **self._keys) for name in ("ec2", "ssm"))
        return [
            _is_refused(ec2.describe_volumes),
            _is_refused(ssm.get_parameter, Name="/bundle"),
        ]


def _is_refused(call: Any, **arguments: str) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSALS
    return False


def test_the_policy_of_the_page_takes_everything_from_copied_credentials_and_nothing_from_others(
    aws: EmbeddedAws, machines: tuple[str, str]
) -> None:
    stolen, other = (Thief(aws, instance) for instance in machines)
    iam = aws.client("iam", REGION)
    assert stolen.refused() == [False, False]

    iam.put_role_policy(RoleName=ROLE, PolicyName="stolen", PolicyDocument=denial(machines[0]))

    assert stolen.refused() == [True, True]
    assert other.refused() == [False, False]
    assert Thief(aws, machines[0]).refused() == [True, True], "new credentials of the same machine"
