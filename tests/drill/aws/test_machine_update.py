"""What an update does to a machine: in place, by stopping it, or not at all."""

from typing import Any

import pytest

from drill.aws.cloudformation.compute import KINDS
from drill.aws.cloudformation.resource import Resource
from drill.aws.embedded_aws import EmbeddedAws
from tests.drill.aws.conftest import PRIMARY

KIND = "AWS::EC2::Instance"
WAS = {
    "AvailabilityZone": f"{PRIMARY}a",
    "IamInstanceProfile": "machines",
    "ImageId": "ami-0123456789abcdef0",
    "InstanceType": "m7i.large",
    "SecurityGroupIds": [],
    "Tags": [{"Key": "Name", "Value": "a"}],
    "UserData": "b2xk",
}


class Machine:
    """One that CloudFormation made, and what has been asked of EC2 since."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._ec2 = aws.client("ec2", PRIMARY)
        group = self._ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        self.properties: dict[str, Any] = {**WAS, "SecurityGroupIds": [group]}
        _profile(aws)
        made = KINDS[KIND].create(self._ec2, self.properties, "")
        self._id = made.id
        self._resource = Resource(
            type_name=KIND, logical_id="One", kind=KINDS[KIND], client=self._ec2, made=made
        )
        self.asked: list[str] = []
        self._ec2.meta.events.register(
            "before-call.ec2.*", lambda model, **_: self.asked.append(model.name)
        )

    def update(self, **changes: Any) -> None:
        self._resource.change(self.properties, {**self.properties, **changes})

    def now(self) -> dict[str, Any]:
        found = self._ec2.describe_instances(InstanceIds=[self._id])
        return dict(found["Reservations"][0]["Instances"][0])


def _profile(aws: EmbeddedAws) -> None:
    iam = aws.client("iam", PRIMARY)
    if not iam.list_instance_profiles()["InstanceProfiles"]:
        iam.create_instance_profile(InstanceProfileName="machines")


@pytest.fixture
def machine(aws: EmbeddedAws) -> Machine:
    return Machine(aws)


@pytest.mark.parametrize("change", [{"UserData": "bmV3"}, {"InstanceType": "m7i.xlarge"}])
def test_what_ec2_changes_only_on_a_stopped_machine_stops_it_and_starts_it_again(
    machine: Machine, change: dict[str, str]
) -> None:
    machine.update(**change)

    stopped, started = map(machine.asked.index, ("StopInstances", "StartInstances"))
    changed = {"ModifyInstanceAttribute"} & {*machine.asked[stopped:started]}
    assert changed, f"changed while it is stopped: {machine.asked}"
    assert machine.now()["State"]["Name"] == "running"
    assert machine.now()["InstanceType"] == change.get("InstanceType", "m7i.large")


def test_what_ec2_changes_on_a_running_machine_does_not_stop_it(machine: Machine) -> None:
    machine.update(Tags=[{"Key": "Name", "Value": "b"}])

    assert "StopInstances" not in machine.asked
    assert machine.now()["Tags"] == [{"Key": "Name", "Value": "b"}]


def test_a_change_that_nobody_knows_is_refused_before_anything_is_asked(machine: Machine) -> None:
    with pytest.raises(NotImplementedError, match=r"what a change of \['EbsOptimized'\] does"):
        machine.update(EbsOptimized=True)

    assert machine.asked == []
