"""Sites with their Kubernetes API and AWS in this process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from host.gate import copies
from host.machine import peer_region
from tests.host.site.world import ASSETS, World
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Topology

DEFAULT = Path(__file__).parents[3] / "config" / "default.yaml"
AUTHORITY = json.dumps({"seed": "of a test, " * 6, "signs_from": "2000-01-01T00:00:00Z"})
MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def topology() -> Topology:
    return load(DEFAULT)


@pytest.fixture
def aws(topology: Topology, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Buckets and secrets of both regions, as the stacks make them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("PGTWIN_KUBECTL", "kubectl")
    # moto answers; how soon is up to the machine.
    for limit in ("OWN_SECONDS", "PEERS_SECONDS"):
        monkeypatch.setattr(copies, limit, 600)
    monkeypatch.setattr(peer_region, "PEERS_SECONDS", 600)
    with mock_aws():
        yield


@pytest.fixture
def make_world(topology: Topology, aws: None, tmp_path: Path) -> Iterator[MakeWorld]:
    """Sites whose machines run k3s and nothing else yet."""
    worlds: list[World] = []

    def make(name: SiteName = "primary", *, operators: bool = True) -> World:
        folder = tmp_path / f"{name}-{len(worlds)}"
        folder.mkdir()
        world = World(topology, name, folder)
        if not worlds:
            _make_aws(world)
        worlds.append(world)
        world.deploy(without=("HelmChart",) if operators else ())
        world.join_nodes()
        if operators:
            world.api.install_operators()
        return world

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """The primary site with its operators installed, and none of its objects."""
    return make_world()


@pytest.fixture
def dr(make_world: MakeWorld) -> World:
    """The DR site likewise."""
    return make_world("dr")


def _make_aws(world: World) -> None:
    names, users = world.topology.names, (world.topology.database.owner, "dump_user")
    for site in SITES:
        s3 = world.client("s3", site)
        where = {"LocationConstraint": world.topology.site(site).region}
        for bucket in (world.bucket(site), f"{ASSETS}-{site}"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        world.client("secretsmanager", site).create_secret(
            Name=names.authority_secret(), SecretString=AUTHORITY
        )
        for user in users:
            world.client("secretsmanager", site).create_secret(
                Name=names.database_secret(user),
                SecretString=json.dumps({"username": user, "password": f"secret-of-{user}"}),
            )
