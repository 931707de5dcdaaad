"""One machine and the volume that outlives it."""

from aws_cdk import RemovalPolicy, Size, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.accepted import accept
from stacks.machine import Machine
from stacks.network import Network
from stacks.user_data import USER_DATA
from topology.names import GENERATION_TAG
from topology.site import ROOT_VOLUME_GIB, Site

_OF_INSTANCE = {
    "AwsSolutions-EC29": "A creation that fails could not be rolled back while its machines refuse "
    "termination; `pgtwin protect` protects them once the site is ready."
}
_OF_VOLUME = {
    "NIST.800.53.R5-EC2EBSInBackupPlan": "What is on it is backed up by its own means, and "
    "verified: the database as base backups and WAL, etcd as snapshots."
}


class Host(Construct):
    """An instance in a private subnet and its data volume, told apart by tags.

    The machine attaches the volume itself, by tag: an attachment in the template would have to let
    go of the volume before a replacement may take it, which CloudFormation does not do.
    User-data is the same on every machine and never changes, since a change stops them all.

    A machine of another generation is another resource: CloudFormation makes it first, lets names,
    targets and alarms lead to it, and terminates the old one last. Until then it waits for the
    volume that the old one holds.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        machine: Machine,
        site: Site,
        image: ec2.IMachineImage,
        network: Network,
        role: iam.IRole,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id)
        self.instance = self._instance(name, machine, image, network, role, key)
        volume = self._volume(machine, site, key)
        # Volume first and instance gone first: one that is attached cannot be deleted.
        self.instance.node.add_dependency(volume)
        for resource in (self.instance, volume):
            Tags.of(resource).add("pgtwin:role", machine.role)
            Tags.of(resource).add("pgtwin:node", machine.node)
        Tags.of(self.instance).add(GENERATION_TAG, str(machine.generation))

    def _instance(
        self,
        name: str,
        machine: Machine,
        image: ec2.IMachineImage,
        network: Network,
        role: iam.IRole,
        key: kms.IKey,
    ) -> ec2.Instance:
        first, *others = network.security_groups.of(machine.role)
        instance = ec2.Instance(
            self,
            "Instance" if machine.generation == 1 else f"Instance{machine.generation}",
            instance_name=name,
            instance_type=ec2.InstanceType(machine.instance_type),
            machine_image=image,
            vpc=network.vpc,
            availability_zone=machine.zone,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_group=first,
            role=role,
            user_data=ec2.UserData.custom(USER_DATA.read_text(encoding="utf-8")),
            block_devices=[_root_volume(key)],
            http_tokens=ec2.HttpTokens.REQUIRED,
            http_put_response_hop_limit=2,
            instance_metadata_tags=True,
            detailed_monitoring=True,
        )
        accept(instance, _OF_INSTANCE)
        for group in others:
            instance.add_security_group(group)
        return instance

    def _volume(self, machine: Machine, site: Site, key: kms.IKey) -> ec2.Volume:
        volume = ec2.Volume(
            self,
            "Data",
            availability_zone=machine.zone,
            size=Size.gibibytes(site.data_volume_gib),
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(volume, _OF_VOLUME)
        return volume


def _root_volume(key: kms.IKey) -> ec2.BlockDevice:
    return ec2.BlockDevice(
        device_name="/dev/sda1",
        volume=ec2.BlockDeviceVolume.ebs(
            ROOT_VOLUME_GIB,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
            kms_key=key,
        ),
    )
