"""Both sites of the default configuration as they would be built, without power."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from drill.rig import addresses, name
from drill.rig.deployed_machine import DeployedMachine
from drill.rig.machine import RigMachine
from drill.rig.name import RigName
from drill.rig.real_parts import RealParts
from drill.rig.site_builder import SiteBuilder
from host.setup.machine_settings import SYSCTLS
from topology.load import load
from topology.site import SITES, SiteName

DEFAULT = load(Path(__file__).parents[3] / "config/default.yaml")


@pytest.fixture
def parts(tmp_path: Path) -> RealParts:
    names = ("cni", "image-postgresql-18", "k3s-api-definitions", "kubectl")
    folders = {each: tmp_path / "parts" / each for each in names}
    for folder in folders.values():
        (folder / "bin").mkdir(parents=True)
    (folders["image-postgresql-18"] / "image.tar").touch()
    return RealParts(folders=folders)


def build(parts: RealParts, site: SiteName, *, empty: bool = False) -> list[RigMachine]:
    roles = {"primary": ["server-1", "agent-1", "agent-2"], "dr": ["server-1"]}[site]
    vpc = IPv4Network(DEFAULT.site(site).cidr)
    machines = [
        DeployedMachine(
            site=site,
            node=node,
            role=node.partition("-")[0],
            zone=DEFAULT.site(site).zones[0],
            instance=f"i-{site}-{node}",
            address=IPv4Address(int(vpc.network_address) + 10 + number),
            volume=f"vol-{number}",
            user_data=b"#!/bin/bash\n",
        )
        for number, node in enumerate(roles)
    ]
    builder = SiteBuilder(
        name=RigName(),
        topology=DEFAULT,
        parts=parts,
        site=site,
        account="123456789012",
        machines=machines,
        first_index=5 * SITES.index(site),
        empty=empty,
    )
    return list(builder.build())


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(name, "STATE", tmp_path / "state")
    return tmp_path / "state"


def test_a_machine_knows_its_site_by_the_names_of_the_private_zone(parts: RealParts) -> None:
    server, agent, _ = build(parts, "primary")

    hosts = (agent.spec.root_disk / "upper/etc/hosts").read_text()
    assert f"10.0.0.10 {DEFAULT.names.api_host()}\n" in hosts
    assert f"10.0.0.11 {DEFAULT.names.node_host('agent-1')}\n" in hosts
    assert "10.0.0.11 agent-1\n" in hosts
    assert server.spec.hostname == "server-1"


def test_each_site_is_led_to_its_own_region(parts: RealParts) -> None:
    (dr,) = build(parts, "dr")

    assert dr.spec.environment["AWS_ENDPOINT_URL"] == addresses.endpoint(1)


def test_the_kernel_settings_that_the_project_writes_are_files_of_the_machine(
    parts: RealParts,
) -> None:
    for machine in build(parts, "primary"):
        assert set(machine.spec.kernel_settings) == set(SYSCTLS)


def test_the_large_images_go_where_the_database_runs(parts: RealParts) -> None:
    server, agent, _ = build(parts, "primary")
    (dr,) = build(parts, "dr")

    assert "image-postgresql-18" not in server.spec.environment["RIG_IMAGES"]
    assert "image-postgresql-18" in agent.spec.environment["RIG_IMAGES"]
    assert "image-postgresql-18" in dr.spec.environment["RIG_IMAGES"]


def test_no_two_machines_share_a_cable_or_a_folder(parts: RealParts) -> None:
    machines = [*build(parts, "primary"), *build(parts, "dr")]

    cables = {line for each in machines for line in each.spec.wiring.plug if "veth" in line}
    assert len(cables) == len(machines)
    assert len({each.spec.folder for each in machines}) == len(machines)


def test_a_machine_of_an_empty_cluster_starts_k3s_and_nothing_of_pgtwin(parts: RealParts) -> None:
    server, *_ = build(parts, "primary", empty=True)

    first_start = (server.spec.root_disk / "upper/var/lib/cloud/user-data").read_text()
    packed = Path(server.spec.disks["/rig/manifests"]).glob("*.yaml")
    assert "systemctl start k3s.service" in first_start
    assert "host.pyz" not in first_start
    assert {file.name for file in packed} == {"coredns.yaml", "local-storage.yaml"}
