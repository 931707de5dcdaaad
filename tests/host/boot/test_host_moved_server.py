"""A server that was recreated has another address, and comes back with what its datastore holds.

Real: the program and its files. Scripted: k3s, which is ready only under the address that its etcd
was made with, resets once until it was started, and lets a deleted Node in again.
"""

from collections.abc import Callable

import pytest

from host.errors import Failed
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.paths import ADDRESS, ETCD, K3S
from host.verbs.boot import run
from tests.host.boot.interruption import Interruption, Killed
from tests.host.boot.scripted_shell import RESET_FLAG, failed
from tests.host.boot.world import BOOT, Booted, World

WorldMaker = Callable[..., World]
NEW = "10.0.1.99"


def boot(booted: Booted) -> None:
    run(booted.machine, BOOT)


def made_anew(world: World, node: str, *, listening: bool = False) -> Booted:
    """The node's first machine booted and is gone; this is the next one, with its data volume."""
    first = world.machine(node)
    first.web.listening = world.others(node)
    boot(first)
    world.detach(node)
    made = world.machine(node, generation=2, address=NEW)
    made.web.listening = world.others(node) if listening else set()
    return made


def origin(booted: Booted) -> str:
    return booted.machine.files.read(f"{ETCD}/origin").decode()


def resets(booted: Booted) -> list[list[str]]:
    return [argv for argv in booted.shell.ran if "--cluster-reset" in argv]


def removals(booted: Booted) -> list[list[str]]:
    return [argv for argv in booted.shell.ran if argv[1:4] == ["kubectl", "delete", "node"]]


@pytest.fixture
def three(make_world: WorldMaker) -> World:
    world = make_world("ha")
    world.cluster.nodes |= {node["name"] for node in world.document["nodes"]}
    return world


def test_the_only_server_comes_back_with_its_data(world: World) -> None:
    server = made_anew(world, "server-1")

    boot(server)

    assert origin(server) == "new", "the datastore is still the first one"
    assert resets(server) == [[K3S, "server", "--cluster-reset"]]
    assert "server-1" in world.cluster.nodes
    assert server.machine.files.read(ADDRESS) == NEW.encode()


def test_it_is_reset_once_and_not_at_every_start(world: World) -> None:
    server = made_anew(world, "server-1")
    boot(server)

    boot(server)

    assert len(resets(server)) == 1


def test_a_server_of_before_this_program_is_known_by_etcds_own_settings(world: World) -> None:
    server = made_anew(world, "server-1")
    (server.disk.folder / "node" / "address").unlink()

    boot(server)

    assert len(resets(server)) == 1
    assert origin(server) == "new"


def test_a_reset_that_was_not_remembered_is_known_by_etcds_own_settings(world: World) -> None:
    server = made_anew(world, "server-1")
    boot(server)
    server.machine.files.remove(ADDRESS)
    world.detach("server-1")
    config = server.disk.folder / "k3s/server/db/etcd/config"
    config.write_text(
        f"initial-advertise-peer-urls: https://{NEW}:2380\nlisten-peer-urls: https://127.0.0.1:2380\n"
    )
    third = world.machine("server-1", generation=3, address="10.0.1.100")

    boot(third)

    assert len(resets(third)) == 1
    assert origin(third) == "new"


def test_a_reset_that_fails_keeps_the_datastore_and_starts_nothing(world: World) -> None:
    server = made_anew(world, "server-1")
    server.shell.broken[f"{K3S} server"] = failed("etcd did not come up")

    with pytest.raises(Failed, match="etcd did not come up"):
        boot(server)

    assert origin(server) == "new"
    assert "k3s.service" not in server.shell.started
    server.shell.broken.clear()
    boot(server)
    assert "server-1" in world.cluster.nodes


@pytest.mark.slow
def test_a_return_that_is_cut_off_anywhere_ends_with_the_same_data(world: World) -> None:
    boot(world.machine("server-1"))
    world.detach("server-1")
    watch = Interruption(None)
    run(watch.around(world.machine("server-1", generation=2, address=NEW).machine), BOOT)

    for at in range(1, len(watch.effects) + 1):
        world.detach("server-1")
        address = f"10.0.2.{at}"
        server = world.machine("server-1", generation=at + 2, address=address)
        with pytest.raises(Killed):
            run(Interruption(at).around(server.machine), BOOT)
        boot(server)

        assert origin(server) == "new"
        assert server.machine.files.read(ADDRESS) == address.encode()
        assert not server.machine.files.exists(RESET_FLAG)


@pytest.mark.parametrize("node", ["server-1", "server-2"])
def test_one_of_three_servers_is_taken_out_and_joins_anew(three: World, node: str) -> None:
    server = made_anew(three, node, listening=True)
    first = server.disk.folder / "k3s/server/db/etcd/origin"
    first.write_text("of the old member")

    boot(server)

    (removal,) = removals(server)
    assert removal[4] == node
    (asked,) = [each for each in removal if each.startswith("--server=https://")]
    assert asked.removeprefix("--server=https://").removesuffix(":6443") in three.others(node)
    assert "--tls-server-name=k3s.pgtwin.internal" in removal
    assert origin(server) == "joined", "it holds what the others hold"
    assert not resets(server)
    assert node in three.cluster.nodes


def test_where_the_others_do_not_take_it_out_its_datastore_stays(three: World) -> None:
    server = made_anew(three, "server-2", listening=True)
    server.shell.broken[f"{K3S} kubectl delete node"] = failed("etcdserver: request timed out")

    with pytest.raises(KubectlFailed):
        boot(server)

    assert origin(server) == "joined"
    assert "k3s.service" not in server.shell.started


def test_one_of_three_whom_nobody_answers_waits_and_touches_nothing(three: World) -> None:
    server = made_anew(three, "server-2")

    with pytest.raises(Failed, match="none of the other 2 servers answers"):
        boot(server)

    assert origin(server) == "joined"
    assert not resets(server)
    assert not removals(server)
    assert "k3s.service" not in server.shell.started


def test_an_agent_that_was_made_anew_needs_nothing_of_this(world: World) -> None:
    agent = made_anew(world, "agent-1")

    boot(agent)

    assert not resets(agent)
    assert not removals(agent)
