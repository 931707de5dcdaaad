"""Sites with their Kubernetes API and AWS in this process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from tests.host.site.world import ASSETS, World
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Topology

DEFAULT = Path(__file__).parents[3] / "config" / "default.yaml"
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
    with mock_aws():
        yield


@pytest.fixture
def make_world(topology: Topology, aws: None, tmp_path: Path) -> Iterator[MakeWorld]:
    worlds: list[World] = []

    def make(name: SiteName = "primary") -> World:
        world = World(topology, name, tmp_path / name)
        (tmp_path / name).mkdir()
        worlds.append(world)
        if len(worlds) == 1:
            _make_aws(world)
        world.deploy()
        return world

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """The primary site as it is after `boot` brought up k3s: operators there, no objects yet."""
    made = make_world()
    made.api.install_operators()
    made.join_nodes()
    made.deploy(without=("HelmChart",))
    return made


def _make_aws(world: World) -> None:
    names, users = world.topology.names, (world.topology.database.owner, "dump_user")
    for site in SITES:
        s3 = world.client("s3", site)
        where = {"LocationConstraint": world.topology.site(site).region}
        for bucket in (world.bucket(site), f"{ASSETS}-{site}"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        for user in users:
            world.client("secretsmanager", site).create_secret(
                Name=names.database_secret(user),
                SecretString=json.dumps({"username": user, "password": f"secret of {user}'s"}),
            )
