"""A deployed site around machines that have not booted yet: moto's AWS, volumes, secrets, a bundle.

What a template would have made is made through the APIs; the site document is the stacks' own.
"""

import hashlib
import io
import json
import shutil
import zipfile
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.machine.machine import Identity, Machine
from host.machine.rooted_files import RootedFiles
from stacks.site_document import site_document
from tests.host.boot.disk import Disk
from tests.host.boot.scripted_cluster import ScriptedCluster
from tests.host.boot.scripted_edges import (
    InProcessAws,
    ScriptedClock,
    ScriptedImds,
    ScriptedWeb,
)
from tests.host.boot.scripted_shell import ScriptedShell
from topology.site import SiteName
from topology.topology import Topology

ACCOUNT = "123456789012"
K3S = b"#!/bin/sh\n: k3s\n"
SIGNAL_URL = "https://cloudformation-waitcondition.example/handle?signature=x"
BOOT = Namespace(others_lost=False)
"""As the unit calls it."""
OTHERS_LOST = Namespace(others_lost=True)
TOKENS = {"server": "s" * 48, "agent": "a" * 48}


@dataclass(frozen=True, kw_only=True)
class Booted:
    """A machine with the edges that a test looks at."""

    machine: Machine
    root: Path
    disk: Disk
    shell: ScriptedShell
    web: ScriptedWeb
    clock: ScriptedClock


class World:
    """One site in AWS."""

    def __init__(self, topology: Topology, site: SiteName, folder: Path) -> None:
        self._folder = folder
        self._topology = topology
        self.site = site
        self.region = topology.site(site).region
        self.document: dict[str, Any] = site_document(topology, site)
        self.document["k3s"]["sha256"] = dict.fromkeys(
            ("amd64", "arm64"), hashlib.sha256(K3S).hexdigest()
        )
        self.bucket = self.document["bucket"].replace("__ACCOUNT_ID__", ACCOUNT)
        self.assets = f"assets-{site}"
        self.aws = InProcessAws(self.region)
        self.cluster = ScriptedCluster()
        self._instances: dict[str, str] = {}
        self._disks: dict[str, Disk] = {}
        self._make()

    def bundle(self, **files: bytes) -> bytes:
        """A bundle as the stacks build it, with `files` (`__` for `/`, `_` for `.`) replaced."""
        content = {
            "host.pyz": b"program",
            "site.json": json.dumps(self.document).encode(),
            "manifests/10-namespace.json": b'[{"bucket": "b-__ACCOUNT_ID__"}]',
        }
        content |= {name.replace("__", "/").replace("_", "."): data for name, data in files.items()}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    def publish(self, bundle: bytes, sha256: str | None = None) -> str:
        """Upload a bundle and point at it; its hash."""
        found = hashlib.sha256(bundle).hexdigest()
        self.aws.client("s3").put_object(Bucket=self.assets, Key="bundle.zip", Body=bundle)
        pointer = {"bucket": self.assets, "key": "bundle.zip", "sha256": sha256 or found}
        self.parameter("bundle", json.dumps(pointer))
        return found

    def machine(self, node: str, *, generation: int = 1, address: str = "10.0.1.10") -> Booted:
        """The machine called `node`; a later generation is its replacement, with the same disk."""
        root = self._folder / f"{node}-{generation}"
        root.mkdir(parents=True)
        files, disk = RootedFiles(str(root)), self.disk(node)
        web = ScriptedWeb(files.path, K3S)
        others = self.others(node)
        shell = ScriptedShell(files, disk, self.cluster, lambda: bool(web.listening & others))
        instance = self._instance(node, generation)
        clock = ScriptedClock(lambda: self._make_devices(files, instance))
        machine = Machine(
            shell=shell,
            files=files,
            clock=clock,
            imds=ScriptedImds(self._identity(node, instance, address), self.tags(node)),
            web=web,
            aws=self.aws,
        )
        return Booted(machine=machine, root=root, disk=disk, shell=shell, web=web, clock=clock)

    def others(self, node: str) -> set[str]:
        """The host names of the other servers."""
        return {f"{each}.pgtwin.internal" for each in self.servers if each != node}

    @property
    def servers(self) -> list[str]:
        """The names of the k3s servers."""
        return [each["name"] for each in self.document["nodes"] if each["role"] == "server"]

    def disk(self, node: str) -> Disk:
        """The disk of a node's data volume."""
        if node not in self._disks:
            folder = self._folder / f"disk-{node}"
            folder.mkdir(parents=True)
            self._disks[node] = Disk(folder=folder)
        return self._disks[node]

    def blank(self, node: str) -> None:
        """Another, blank volume in the place of the node's."""
        self.detach(node)
        shutil.rmtree(self.disk(node).folder)
        self.disk(node).folder.mkdir()
        self.disk(node).signature, self.disk(node).zero, self.disk(node).formatted = {}, True, 0

    def volumes(self, node: str) -> list[dict[str, Any]]:
        """The volumes that carry a node's tags."""
        wanted = [
            {"Name": f"tag:{key}", "Values": [value]} for key, value in self.tags(node).items()
        ]
        found: list[dict[str, Any]] = self.aws.client("ec2").describe_volumes(Filters=wanted)[
            "Volumes"
        ]
        return found

    def attach(self, node: str, generation: int) -> str:
        """Attach a node's volume to one of its machines; the instance."""
        instance = self._instance(node, generation)
        volume = self.volumes(node)[0]["VolumeId"]
        ec2 = self.aws.client("ec2")
        ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
        return instance

    def detach(self, node: str) -> None:
        """Let go of a node's volume."""
        for volume in self.volumes(node):
            if volume["State"] == "in-use":
                holder = volume["Attachments"][0]["InstanceId"]
                self.aws.client("ec2").detach_volume(VolumeId=volume["VolumeId"], InstanceId=holder)

    def tags(self, node: str) -> dict[str, str]:
        """What an instance and its volume are told apart by."""
        role = next(each["role"] for each in self.document["nodes"] if each["name"] == node)
        values = {"system": self._topology.name, "site": self.site, "role": role, "node": node}
        return {f"pgtwin:{key}": value for key, value in values.items()}

    def _make(self) -> None:
        location = {"LocationConstraint": self.region}
        for bucket in (self.assets, self.bucket):
            self.aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
        for role, token in TOKENS.items():
            name = self.document["secrets"][f"{role}_token"]
            self.aws.client("secretsmanager").create_secret(Name=name, SecretString=token)
        for node in self.document["nodes"]:
            tags = [{"Key": key, "Value": value} for key, value in self.tags(node["name"]).items()]
            self.aws.client("ec2").create_volume(
                AvailabilityZone=node["zone"],
                Size=10,
                TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
            )
        self.parameter("signal", SIGNAL_URL)
        self.publish(self.bundle())

    def parameter(self, name: str, value: str) -> None:
        path = f"/pgtwin/{self._topology.name}/{self.site}/{name}"
        self.aws.client("ssm").put_parameter(Name=path, Value=value, Type="String", Overwrite=True)

    def _instance(self, node: str, generation: int) -> str:
        key = f"{node}-{generation}"
        if key not in self._instances:
            made = self.aws.client("ec2").run_instances(
                ImageId="ami-12c6146b", MinCount=1, MaxCount=1
            )
            self._instances[key] = made["Instances"][0]["InstanceId"]
        return self._instances[key]

    def _identity(self, node: str, instance: str, address: str) -> Identity:
        zone = next(each["zone"] for each in self.document["nodes"] if each["name"] == node)
        return Identity(
            account=ACCOUNT,
            region=self.region,
            zone=zone,
            instance_id=instance,
            architecture="amd64",
            private_ip=address,
        )

    def _make_devices(self, files: RootedFiles, instance: str) -> None:
        tagged = [{"Name": "tag-key", "Values": ["pgtwin:node"]}]
        for volume in self.aws.client("ec2").describe_volumes(Filters=tagged)["Volumes"]:
            for attachment in volume["Attachments"]:
                if attachment["InstanceId"] == instance:
                    name = volume["VolumeId"].replace("-", "")
                    files.write(
                        f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{name}", b"device"
                    )
