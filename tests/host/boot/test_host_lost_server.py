"""One of three servers without its datastore: it never makes a cluster beside the other two.

Real: the program and its files, moto's S3. Scripted: k3s, which makes the folder of its datastore
before it joins, lets a name in again only after its Node was deleted, and refuses to be reset where
it is told to join. What k3s does is based on reading its source; none was run.
"""

import json
from collections.abc import Callable

import pytest

from host.errors import Failed, TimedOut
from host.machine.paths import ETCD, ETCD_WAL, K3S, MAY_START_EMPTY
from host.verbs.boot import run
from tests.host.boot.world import BOOT, OTHERS_LOST, Booted, World

MOVED = "10.0.1.99"


@pytest.fixture
def three(make_world: Callable[..., World]) -> World:
    """A site that has lived: server-2 and server-3 hold the cluster, the bucket its snapshot."""
    world = make_world("ha")
    for node in ("server-2", "server-3"):
        world.cluster.nodes.add(node)
        world.cluster.members[node] = f"{node}-1"
    world.cluster.nodes |= {each["name"] for each in world.document["nodes"]} - {"server-1"}
    put(world, "etcd/etcd-snapshot-server-2-1000")
    return world


def put(world: World, key: str) -> None:
    world.aws.client("s3").put_object(Bucket=world.bucket, Key=key, Body=b"x" * 1000)


def server_1(world: World, *, answered: bool, generation: int = 1, address: str = MOVED) -> Booted:
    booted = world.machine("server-1", generation=generation, address=address)
    booted.web.listening = world.others("server-1") if answered else set()
    return booted


def config(booted: Booted) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        booted.machine.files.read("/etc/rancher/k3s/config.yaml").decode()
    )
    return found


def origin(booted: Booted) -> str:
    return booted.machine.files.read(f"{ETCD}/origin").decode()


def cut_off_while_joining(booted: Booted) -> None:
    booted.shell.is_cut_off_while_joining = True
    with pytest.raises(TimedOut):
        run(booted.machine, BOOT)
    booted.shell.is_cut_off_while_joining = False
    booted.machine.files.remove(MAY_START_EMPTY)  # the machine starts again
    assert booted.machine.files.exists(ETCD)
    assert not booted.machine.files.exists(ETCD_WAL)


def test_a_join_that_was_cut_off_is_joined_again(three: World) -> None:
    server = server_1(three, answered=True)
    cut_off_while_joining(server)

    run(server.machine, BOOT)

    assert origin(server) == "joined"
    assert three.cluster.made == 0


def test_a_join_that_was_cut_off_waits_where_the_others_have_fallen_silent(three: World) -> None:
    server = server_1(three, answered=True)
    cut_off_while_joining(server)
    server.web.listening = set()

    with pytest.raises(Failed, match=r"none of the other 2 servers answers .*--others-lost"):
        run(server.machine, BOOT)

    assert "cluster-init" not in config(server)
    assert not server.machine.files.exists(MAY_START_EMPTY)
    assert three.cluster.made == 0


def test_a_blank_volume_joins_once_its_former_node_was_deleted(three: World) -> None:
    first = server_1(three, answered=True)
    run(first.machine, BOOT)
    three.blank("server-1")
    three.cluster.nodes.discard("server-1")  # not Ready any more
    server = server_1(three, answered=True, generation=2)

    for _ in range(2):
        with pytest.raises(TimedOut, match=r"on another server, run: .* delete node server-1"):
            run(server.machine, BOOT)
        assert three.cluster.made == 0
    three.cluster.delete("server-1")
    run(server.machine, BOOT)

    assert origin(server) == "joined"


def test_a_blank_agent_is_told_apart_by_the_password_that_it_came_with_first(three: World) -> None:
    run(three.machine("agent-1").machine, BOOT)
    three.blank("agent-1")
    three.cluster.nodes.discard("agent-1")
    agent = three.machine("agent-1", generation=2)

    with pytest.raises(TimedOut, match=r"on another server, run: .* delete node agent-1"):
        run(agent.machine, BOOT)
    three.cluster.delete("agent-1")
    run(agent.machine, BOOT)

    assert "agent-1" in three.cluster.nodes


@pytest.mark.parametrize("kept", ["etcd/etcd-snapshot-server-2-1000", "physical/x/base/data.tar"])
def test_one_silent_moment_of_the_others_restores_nothing_and_begins_nothing(
    make_world: Callable[..., World], kept: str
) -> None:
    world = make_world("ha")
    put(world, kept)
    server = server_1(world, answered=False)

    with pytest.raises(Failed, match="its site had one, and none of the other 2 servers answers"):
        run(server.machine, BOOT)

    assert world.cluster.made == 0
    assert "k3s.service" not in server.shell.started
    assert not server.machine.files.exists(MAY_START_EMPTY)


def test_the_newest_snapshot_is_restored_where_a_person_says_that_the_others_are_lost(
    three: World,
) -> None:
    server = server_1(three, answered=False)
    three.cluster.nodes |= {"server-1"}

    run(server.machine, OTHERS_LOST)

    assert origin(server) == "restored from etcd-snapshot-server-2-1000"
    assert three.cluster.members.keys() == {"server-1"}


@pytest.mark.parametrize("address", ["10.0.1.10", MOVED])
def test_a_datastore_becomes_a_cluster_of_its_own_where_the_others_are_said_to_be_lost(
    three: World, address: str
) -> None:
    run(server_1(three, answered=True, address="10.0.1.10").machine, BOOT)
    three.detach("server-1")
    server = server_1(three, answered=False, generation=2, address=address)

    run(server.machine, OTHERS_LOST)

    assert origin(server) == "joined", "it holds what the three held"
    assert three.cluster.members.keys() == {"server-1"}
    assert ["systemctl", "stop", "k3s.service"] in server.shell.ran
    run(server.machine, BOOT)
    assert three.cluster.made == 1, "once"
    assert "cluster-init" not in config(server)


def test_nothing_is_reset_while_one_of_those_that_are_said_to_be_lost_answers(
    three: World,
) -> None:
    run(server_1(three, answered=True).machine, BOOT)
    server = server_1(three, answered=False, generation=2)
    three.detach("server-1")
    server.web.listening = {"server-3.pgtwin.internal"}

    with pytest.raises(Failed, match=r"server-3\.pgtwin\.internal answers, so not all .* are lost"):
        run(server.machine, OTHERS_LOST)

    assert three.cluster.made == 0


def test_the_server_that_a_configuration_left_of_several_becomes_a_cluster_of_one(
    world: World,
) -> None:
    server = world.machine("server-1")
    with pytest.raises(Failed, match="no other servers"):
        run(server.machine, OTHERS_LOST)
    run(server.machine, BOOT)

    run(server.machine, OTHERS_LOST)

    assert [K3S, "server", "--cluster-reset"] in server.shell.ran
    assert origin(server) == "new", "the datastore is still the first one"


def test_a_server_is_not_taken_for_another_one_that_answers(three: World) -> None:
    run(server_1(three, answered=True, address="10.0.1.10").machine, BOOT)
    three.detach("server-1")
    server = server_1(three, answered=False, generation=2)
    server.web.listening = {"k3s.pgtwin.internal", "server-1.pgtwin.internal"}

    with pytest.raises(Failed, match="none of the other 2 servers answers"):
        run(server.machine, BOOT)

    assert origin(server) == "joined", "its datastore is there"
    assert "server-1" in three.cluster.members


def test_one_of_several_is_told_to_join_though_it_has_its_datastore(three: World) -> None:
    server = server_1(three, answered=True)
    run(server.machine, BOOT)

    run(server.machine, BOOT)

    # k3s itself moves the folder of a removed member away when it starts ("tombstone").
    assert "server" in config(server)
    assert "cluster-init" not in config(server)


def test_what_is_configured_is_what_is_done(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world("ha")
    world.cluster.nodes |= {each["name"] for each in world.document["nodes"]} - {"server-1"}
    server = server_1(world, answered=False)
    asked: list[str] = []

    def answers_from_now_on(host: str, port: int) -> bool:
        asked.append(host)
        return len(asked) > len(world.others("server-1"))

    monkeypatch.setattr(server.web, "listens", answers_from_now_on)

    run(server.machine, BOOT)

    assert sorted(asked) == sorted(world.others("server-1")), "one look"
    assert server.machine.files.read(MAY_START_EMPTY) == b"new"
    assert "cluster-init" in config(server)
    assert world.cluster.made == 1


def test_the_only_server_begins_no_empty_cluster_where_the_bucket_has_backups(
    world: World,
) -> None:
    put(world, "physical/x/base/data.tar")
    server = world.machine("server-1")

    with pytest.raises(Failed, match=r"backups of the database but no snapshot .* move s3://"):
        run(server.machine, BOOT)

    assert world.cluster.made == 0
