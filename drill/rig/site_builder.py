"""Builds the machines of one site: certificates, manifests that k3s packs, root disks, wiring."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import yaml

from drill.aws.embedded_aws import EmbeddedAws
from drill.rig import addresses, aws_endpoints, empty_machine, network, packaged, pki, root_disk
from drill.rig.deployed_machine import DeployedMachine, find
from drill.rig.inside import init, systemd
from drill.rig.inside.machine_spec import MachineSpec
from drill.rig.machine import RigMachine, machines_of, write_down
from drill.rig.name import RigName
from drill.rig.real_parts import RealParts
from host.setup.machine_settings import SYSCTLS
from topology.names import POSTGRES_NAMESPACE
from topology.site import SITES, SiteName
from topology.topology import Topology

_REPOSITORY = Path(__file__).parents[2]
_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class SiteBuilder:
    """Of one site."""

    name: RigName
    topology: Topology
    parts: RealParts
    site: SiteName
    account: str
    machines: Sequence[DeployedMachine]
    first_index: int
    """Of its machines in the rig's network."""
    empty: bool = False
    """Whether it gets k3s alone, as a cluster that a user brings."""

    def build(self) -> Sequence[RigMachine]:
        """Make everything but the power."""
        addresses_of = {each.node: each.address for each in self.machines}
        server = next(each for each in self.machines if each.role == "server")
        pki.make(
            self._folder / "pki",
            api_host=self.topology.names.api_host(),
            server=server.address,
            machines=addresses_of,
        )
        self._write_manifests()
        return [
            self._machine(each, self.first_index + number)
            for number, each in enumerate(self.machines)
        ]

    def build_new(self) -> Sequence[RigMachine]:
        """Build the machines whose instance is not the one that was built, with an empty root disk.

        The others hear of their addresses.
        """
        built = {each.name: each for each in machines_of(self.name)}
        new = []
        for number, each in enumerate(self.machines):
            old = built[each.name]
            if old.spec.instance == each.instance:
                root_disk.name_hosts(old.spec.root_disk, self._hosts(each))
                continue
            old.power_off()
            root_disk.wipe(old.spec.root_disk)
            self._certify(each)
            new.append(self._machine(each, self.first_index + number))
        return new

    def _certify(self, moved: DeployedMachine) -> None:
        folder = self._folder / "pki"
        pki.serve_at(folder, node=moved.node, address=moved.address)
        if moved.role == "server":
            host = self.topology.names.api_host()
            pki.move_server(folder, api_host=host, server=moved.address)

    def _machine(self, deployed: DeployedMachine, index: int) -> RigMachine:
        machine = RigMachine(self._spec(deployed, index))
        root_disk.prepare(
            machine.spec.root_disk,
            hostname=deployed.node,
            user_data=self._user_data(deployed),
            resolver=str(network.gateway(self._vpc)),
            hosts=self._hosts(deployed),
        )
        write_down(machine)
        return machine

    def _hosts(self, deployed: DeployedMachine) -> Mapping[str, str]:
        """What the site's private zone says, and the machine's own name."""
        names = self.topology.names
        server = next(each for each in self.machines if each.role == "server")
        hosts = {names.node_host(each.node): str(each.address) for each in self.machines}
        return hosts | {
            deployed.node: str(deployed.address),
            names.api_host(): str(server.address),
        }

    def _user_data(self, deployed: DeployedMachine) -> bytes:
        if self.empty:
            return empty_machine.user_data(self.topology, deployed)
        return deployed.user_data

    def _spec(self, deployed: DeployedMachine, index: int) -> MachineSpec:
        place = network.Place(
            machine=deployed.name, index=index, vpc=self._vpc, address=deployed.address
        )
        volume = self.name.state / "volumes" / deployed.volume
        return MachineSpec(
            instance=deployed.instance,
            hostname=deployed.node,
            namespace=self.name.namespace(deployed.name),
            wiring=network.wiring(self.name, self._vpcs, place),
            cgroup=self.name.machine_cgroup(deployed.name),
            folder=str(self.name.state / "machines" / deployed.name),
            shows=self._shows,
            disks={
                f"/volumes/{deployed.volume}": str(volume),
                "/rig/pki": str(self._folder / "pki"),
                "/rig/manifests": str(self._folder / "manifests"),
            },
            kernel_settings=tuple(SYSCTLS),
            program=(
                sys.executable,
                *("-S", "-E", init.__file__),
                *(sys.executable, "-S", "-E", systemd.__file__),
            ),
            environment=self._environment(deployed),
        )

    @property
    def _shows(self) -> tuple[str, ...]:
        """Python and the checkout, which both are this computer's, and the parts."""
        folders = {str(_REPOSITORY), sys.base_prefix, sys.prefix}
        return (*sorted(folders), *sorted(str(each) for each in self.parts.folders.values()))

    def _environment(self, deployed: DeployedMachine) -> Mapping[str, str]:
        runs_database = deployed.role == "agent" or not self.topology.site(self.site).agents
        images = self.parts.images(
            runs_database=runs_database, postgres=self.topology.database.postgres
        )
        parts = os.pathsep.join(map(str, self.parts.path))
        return {
            "PATH": f"/usr/local/sbin:/usr/local/bin:{parts}:{_SYSTEM_PATH}",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": addresses.endpoint(SITES.index(self.site)),
            "RIG_CNI": str(self.parts.cni),
            "RIG_IMAGES": os.pathsep.join(map(str, images)),
            "RIG_K3S_KINDS": str(self.parts.k3s_kinds),
            "RIG_MANIFESTS": "/rig/manifests",
        }

    def _write_manifests(self) -> None:
        folder = self._folder / "manifests"
        folder.mkdir(parents=True, exist_ok=True)
        names = self.topology.names
        by_bucket = {
            names.bucket(self.topology.site(site).bucket, self.account): addresses.endpoint(index)
            for index, site in enumerate(SITES)
        }
        endpoints = aws_endpoints.policies(
            namespace=POSTGRES_NAMESPACE,
            environment={"AWS_ENDPOINT_URL": addresses.endpoint(SITES.index(self.site))},
            by_bucket=by_bucket,
        )
        files: dict[str, Sequence[dict[str, Any]]] = {
            **packaged.packaged(),
            **({} if self.empty else {"rig-aws.yaml": endpoints}),
        }
        for name, objects in files.items():
            # Through JSON, so that what is shared is written out and not as a YAML anchor.
            plain = json.loads(json.dumps(list(objects)))
            (folder / name).write_text(yaml.safe_dump_all(plain), encoding="utf-8")

    @property
    def _folder(self) -> Path:
        return self.name.state / self.site

    @property
    def _vpc(self) -> IPv4Network:
        return IPv4Network(self.topology.site(self.site).cidr)

    @property
    def _vpcs(self) -> Sequence[IPv4Network]:
        return [IPv4Network(self.topology.site(site).cidr) for site in SITES]


def builders(
    *, name: RigName, topology: Topology, parts: RealParts, aws: EmbeddedAws, empty: bool
) -> Sequence[SiteBuilder]:
    """One for each site, of the machines that are deployed."""
    made: list[SiteBuilder] = []
    for site in SITES:
        made.append(
            SiteBuilder(
                name=name,
                topology=topology,
                parts=parts,
                site=site,
                account=aws.account,
                machines=find(aws.client("ec2", topology.site(site).region), site),
                first_index=sum(len(each.machines) for each in made),
                empty=empty,
            )
        )
    return made
