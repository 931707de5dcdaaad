"""A machine as the templates made it in the embedded AWS: what a rig has to build for it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class DeployedMachine:
    """One EC2 instance with its data volume."""

    site: SiteName
    node: str
    role: str
    zone: str
    instance: str
    address: IPv4Address
    volume: str
    user_data: bytes

    @property
    def name(self) -> str:
        """Unique within the rig."""
        return f"{self.site}-{self.node}"


def find(ec2: Any, site: SiteName) -> Sequence[DeployedMachine]:
    """Every machine of a site, servers first."""
    wanted = [
        {"Name": "tag:pgtwin:site", "Values": [site]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ]
    groups = ec2.describe_instances(Filters=wanted)["Reservations"]
    found = [_read(ec2, site, each) for group in groups for each in group["Instances"]]
    return sorted(found, key=lambda each: (each.role != "server", each.node))


def _read(ec2: Any, site: SiteName, instance: dict[str, Any]) -> DeployedMachine:
    tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
    return DeployedMachine(
        site=site,
        node=tags["pgtwin:node"],
        role=tags["pgtwin:role"],
        zone=instance["Placement"]["AvailabilityZone"],
        instance=instance["InstanceId"],
        address=IPv4Address(instance["PrivateIpAddress"]),
        volume=_volume(ec2, tags),
        user_data=_user_data(ec2, instance["InstanceId"]),
    )


def _volume(ec2: Any, tags: dict[str, str]) -> str:
    ours = ("pgtwin:system", "pgtwin:site", "pgtwin:node")
    wanted = [{"Name": f"tag:{tag}", "Values": [tags[tag]]} for tag in ours]
    return str(ec2.describe_volumes(Filters=wanted)["Volumes"][0]["VolumeId"])


def _user_data(ec2: Any, instance: str) -> bytes:
    answer = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    text = base64.b64decode(answer["UserData"]["Value"])
    # moto encodes once more what Fn::Base64 had encoded.
    return text if text.startswith(b"#!") else base64.b64decode(text)
