"""Machines and volumes."""

from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen, listed


def tags(properties: Properties, resource: str) -> Properties:
    """The tags of a template in the form in which EC2 takes them."""
    found = properties.get("Tags", [])
    return {"TagSpecifications": [{"ResourceType": resource, "Tags": found}]} if found else {}


def _instance(ec2: Any, properties: Properties, name: str) -> Made:
    placement = {"AvailabilityZone": properties["AvailabilityZone"]}
    answer = ec2.run_instances(
        MinCount=1,
        MaxCount=1,
        Placement=placement,
        IamInstanceProfile={"Name": properties["IamInstanceProfile"]},
        Monitoring={"Enabled": properties.get("Monitoring", False)},
        **chosen(
            properties,
            "BlockDeviceMappings",
            "ImageId",
            "InstanceType",
            "MetadataOptions",
            "SecurityGroupIds",
            "SubnetId",
            "UserData",
        ),
        **tags(properties, "instance"),
    )
    instance = answer["Instances"][0]
    if properties.get("DisableApiTermination"):  # moto drops it where an instance is launched
        ec2.modify_instance_attribute(
            InstanceId=instance["InstanceId"], DisableApiTermination={"Value": True}
        )
    return Made(
        id=instance["InstanceId"],
        attributes={
            "PrivateIp": instance["PrivateIpAddress"],
            "PrivateDnsName": instance["PrivateDnsName"],
            "AvailabilityZone": properties["AvailabilityZone"],
            "InstanceId": instance["InstanceId"],
        },
    )


def _change_instance(ec2: Any, id: str, properties: Properties) -> None:
    protected = {"Value": properties.get("DisableApiTermination", False)}
    ec2.modify_instance_attribute(InstanceId=id, DisableApiTermination=protected)
    ec2.modify_instance_attribute(InstanceId=id, Groups=properties["SecurityGroupIds"])
    ec2.create_tags(Resources=[id], Tags=properties["Tags"])


def _restart(ec2: Any, id: str, properties: Properties) -> None:
    """What changes only while the instance is stopped."""
    ec2.stop_instances(InstanceIds=[id])
    kind = {"Value": properties["InstanceType"]}
    ec2.modify_instance_attribute(InstanceId=id, InstanceType=kind)
    user_data = {"Value": properties.get("UserData", "").encode()}
    ec2.modify_instance_attribute(InstanceId=id, UserData=user_data)
    ec2.start_instances(InstanceIds=[id])
    _change_instance(ec2, id, properties)


def _terminate(ec2: Any, id: str, properties: Properties) -> None:
    """Terminate it, unless somebody has: EC2 accepts that too, moto looks for what is gone."""
    reservations = ec2.describe_instances(InstanceIds=[id])["Reservations"]
    if reservations[0]["Instances"][0]["State"]["Name"] != "terminated":
        ec2.terminate_instances(InstanceIds=[id])


def _volume(ec2: Any, properties: Properties, name: str) -> Made:
    volume = ec2.create_volume(
        **chosen(
            properties,
            "AvailabilityZone",
            "Encrypted",
            "Iops",
            "KmsKeyId",
            "MultiAttachEnabled",
            "Size",
            "Throughput",
            "VolumeType",
        ),
        **tags(properties, "volume"),
    )
    return Made(id=volume["VolumeId"], attributes={"VolumeId": volume["VolumeId"]})


def _resize(ec2: Any, id: str, properties: Properties) -> None:
    ec2.modify_volume(VolumeId=id, **chosen(properties, "Iops", "Size", "Throughput", "VolumeType"))
    ec2.create_tags(Resources=[id], Tags=properties.get("Tags", []))


def _delete_volume(ec2: Any, id: str, properties: Properties) -> None:
    ec2.delete_volume(VolumeId=id)


def _runs(ec2: Any, id: str, properties: Properties) -> bool:
    reservations = ec2.describe_instances(InstanceIds=[id])["Reservations"]
    return bool(reservations[0]["Instances"][0]["State"]["Name"] == "running")


KINDS = {
    "AWS::EC2::Instance": Kind(
        service="ec2",
        exists=_runs,
        create=_instance,
        update=_change_instance,
        delete=_terminate,
        in_place=frozenset({"DisableApiTermination", "SecurityGroupIds", "Tags"}),
        interrupts=frozenset({"InstanceType", "UserData"}),
        interrupt=_restart,
        replaces=frozenset({"AvailabilityZone", "BlockDeviceMappings", "ImageId", "SubnetId"}),
    ),
    "AWS::EC2::Volume": Kind(
        service="ec2",
        exists=listed("describe_volumes", "VolumeIds", "Volumes"),
        create=_volume,
        update=_resize,
        delete=_delete_volume,
        in_place=frozenset({"Iops", "Size", "Tags", "Throughput", "VolumeType"}),
        replaces=frozenset({"AvailabilityZone", "Encrypted", "KmsKeyId"}),
    ),
}
