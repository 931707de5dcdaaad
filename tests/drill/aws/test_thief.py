"""A slice of `make thief`, and what it would say of a hole."""

import json
from collections.abc import Iterator

import pytest

from drill.aws.deployment import Deployment
from drill.thief.attempt import Attempt
from drill.thief.attempts import attempts
from drill.thief.play import play
from drill.thief.principal import READER, Principal, principals
from drill.thief.spoils import NOTHING, Spoils
from topology.load import load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("embedded-aws")]
SLICE = (
    "destroy every version of the base backup in primary's bucket",
    "delete the base backup in primary's bucket",
    "write over the dump in dr's bucket",
    "have versions expire in primary's bucket",
    "have S3 copy elsewhere what is written into dr's bucket",
    "end the copies of what is written into primary's bucket",
    "move the record of the writer in dr",
    "read the server token on primary",
    "report that all is well in primary",
    "have the lock in primary expire",
    "lead a tunnel through primary elsewhere than to the writer",
    "read what commands printed on the machines of primary",
    "attach the disk of primary's server to a machine of its database",
    "attach the disk of dr's server to a machine of its database",
    "report that all is well with another system beside primary",
    "tell CloudFormation that dr is ready, by the address that its machines know",
    "list the names of all that is in primary's bucket",
)


@pytest.fixture(scope="module")
def spoils(deployment: Deployment) -> Spoils:
    found = Spoils(deployment.embedded, load(deployment.config))
    found.lay_out()
    return found


@pytest.fixture(scope="module")
def thieves(spoils: Spoils, deployment: Deployment) -> Iterator[list[Principal]]:
    yield list(principals(spoils.embedded, spoils.topology, deployment.work / "policies"))
    spoils.embedded.enforce_iam(enforce=False)


@pytest.fixture(autouse=True)
def _enforced(spoils: Spoils, thieves: list[Principal]) -> None:
    spoils.embedded.enforce_iam()


def chosen(spoils: Spoils, *names: str) -> list[Attempt]:
    return [each for each in attempts(spoils.topology) if each.name in names]


def test_each_thief_can_do_what_is_written_and_leaves_what_a_restore_needs(
    spoils: Spoils, thieves: list[Principal]
) -> None:
    results = play(spoils, thieves, chosen(spoils, *SLICE))

    assert len(results) == len(SLICE) * len(thieves)
    assert [result for result in results if result.wrong] == []
    assert {result.outcome for result in results} == {"done", "refused"}


def test_a_right_too_many_is_found(spoils: Spoils, thieves: list[Principal]) -> None:
    reader = next(each for each in thieves if each.name == READER)
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    iam, role = spoils.client("iam", "primary"), f"{spoils.topology.name}-thief-{READER}"
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName=role, PolicyName="hole", PolicyDocument=document)
    try:
        (result,) = play(spoils, [reader], chosen(spoils, SLICE[0]))
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="hole")

    assert (result.outcome, result.expected, result.wrong) == ("done", "refused", True)
    assert result.left == NOTHING


def test_versions_that_go_before_the_proof_is_missed_are_found(
    spoils: Spoils, thieves: list[Principal]
) -> None:
    s3, bucket = spoils.client("s3", "primary"), spoils.bucket("primary")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    shorter = [
        {**rule, "NoncurrentVersionExpiration": {"NoncurrentDays": 7}}
        if "NoncurrentVersionExpiration" in rule
        else rule
        for rule in rules
    ]
    agent = [each for each in thieves if each.name == "primary agent"]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": shorter})
    try:
        (result,) = play(spoils, agent, chosen(spoils, SLICE[1]))
    finally:
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )

    assert (result.outcome, result.wrong) == ("done", True)
