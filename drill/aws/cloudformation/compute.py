"""Machines and volumes."""

from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


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
            "DisableApiTermination",
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


def _terminate(ec2: Any, id: str, properties: Properties) -> None:
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


KINDS = {
    "AWS::EC2::Instance": Kind(
        service="ec2",
        create=_instance,
        update=_change_instance,
        delete=_terminate,
        in_place=frozenset({"DisableApiTermination", "SecurityGroupIds", "Tags"}),
    ),
    "AWS::EC2::Volume": Kind(
        service="ec2",
        create=_volume,
        update=_resize,
        delete=_delete_volume,
        in_place=frozenset({"Iops", "Size", "Tags", "Throughput", "VolumeType"}),
    ),
}
