"""The commands that `pgtwin doctor` names, as the AWS CLI would read them."""

from collections.abc import Iterator

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.life.aws_command import run_aws

REGION = "eu-west-2"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws((REGION,), log=tmp_path_factory.mktemp("aws") / "aws.log") as embedded:
        yield embedded


def test_words_become_the_arguments_of_the_api(aws: EmbeddedAws) -> None:
    ssm = aws.client("ssm", REGION)

    run_aws(aws, f"aws ssm put-parameter --region {REGION} --name a --value b --type String")
    assert ssm.get_parameter(Name="a")["Parameter"]["Value"] == "b"
    run_aws(aws, f"aws ssm delete-parameter --region {REGION} --name a")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="a")


def test_a_list_of_structures_and_two_commands_in_a_row(aws: EmbeddedAws) -> None:
    ec2 = aws.client("ec2", REGION)
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    where = f"--region {REGION} --resources {volume} --tags"

    run_aws(
        aws,
        f"aws ec2 create-tags {where} Key=a,Value=1 Key=b,Value=2 && aws ec2 delete-tags "
        f"{where} Key=a",
    )

    (found,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert found["Tags"] == [{"Key": "b", "Value": "2"}]


def test_anything_else_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ValueError, match="no command of the AWS CLI: rm -rf /"):
        run_aws(aws, "rm -rf /")
