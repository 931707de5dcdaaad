"""k3s on every machine, one at a time, without the database noticing."""

import hashlib
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from host.errors import Refused, TimedOut
from host.machine.machine import Machine
from host.machine.paths import K3S
from host.site import Site
from host.verbs.boot import run as boot
from host.verbs.upgrade import run
from tests.host.boot.upgradable_site import UpgradableSite
from tests.host.boot.world import BOOT, Booted, World

OLD, NEW = "v1.36.3+k3s1", "v1.36.4+k3s1"
AGENTS = ("agent-1", "agent-2", "agent-3")


@dataclass(frozen=True)
class Upgrade:
    world: World
    site: UpgradableSite
    machine: Machine

    def run(self) -> dict[str, object]:
        return run(self.machine, Namespace(local=False))


@pytest.fixture
def make_upgrade(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Upgrade]:
    """A site whose machines run an older k3s than the bundle names."""

    def make(site: str = "primary", instances_on: tuple[str, ...] = AGENTS) -> Upgrade:
        world = make_world(site=site)
        names = [node["name"] for node in world.document["nodes"]]
        upgradable = UpgradableSite(names, instances_on, OLD)

        def exchange_there(_site: Site, node: str, verb: str, arguments: str) -> None:
            assert (verb, arguments) == ("upgrade", "--local")
            upgradable.exchange(node, NEW)

        def exchange_here(_site: Site) -> None:
            upgradable.exchange("server-1", NEW)

        monkeypatch.setattr("host.verbs.upgrade.run_on", exchange_there)
        monkeypatch.setattr("host.verbs.upgrade._exchange_here", exchange_here)
        machine = replace(world.machine("server-1").machine, shell=upgradable)
        return Upgrade(world, upgradable, machine)

    return make


def test_takes_a_snapshot_then_servers_then_agents_one_at_a_time(
    make_upgrade: Callable[..., Upgrade],
) -> None:
    upgrade = make_upgrade()

    result = upgrade.run()

    assert result == {"k3s": NEW, "upgraded": ["server-1", *AGENTS]}
    assert upgrade.site.log == [
        "etcd-snapshot save",
        *("exchange server-1", "uncordon server-1"),
        *(
            f"{verb} {agent}"
            for agent in AGENTS
            for verb in ("cordon", "drain", "exchange", "uncordon")
        ),
    ]


def test_the_primary_is_elsewhere_before_its_machine_is_drained(
    make_upgrade: Callable[..., Upgrade],
) -> None:
    upgrade = make_upgrade()
    upgrade.site.primary = "pg-2"

    upgrade.run()  # the site itself asserts that no primary is evicted

    assert set(upgrade.site.versions.values()) == {NEW}


def test_a_single_instance_is_left_running_while_the_binary_is_exchanged(
    make_upgrade: Callable[..., Upgrade],
) -> None:
    upgrade = make_upgrade(site="dr", instances_on=("server-1",))

    upgrade.run()

    assert upgrade.site.log == ["etcd-snapshot save", "exchange server-1", "uncordon server-1"]


def test_stops_at_the_first_machine_after_which_the_site_is_not_healthy(
    make_upgrade: Callable[..., Upgrade],
) -> None:
    upgrade = make_upgrade()
    upgrade.site.not_ready = {"agent-3"}

    with pytest.raises(TimedOut):
        upgrade.run()

    assert set(upgrade.site.versions.values()) == {OLD}


def test_a_second_run_finds_nothing_to_do(make_upgrade: Callable[..., Upgrade]) -> None:
    upgrade = make_upgrade()
    upgrade.run()
    upgrade.site.log.clear()

    assert upgrade.run() == {"k3s": NEW, "upgraded": []}
    assert upgrade.site.log == []


@pytest.mark.parametrize("dies_at", ["cordon", "drain", "exchange", "uncordon"])
def test_a_run_that_died_on_a_machine_finishes_it_first(
    make_upgrade: Callable[..., Upgrade], dies_at: str
) -> None:
    upgrade = make_upgrade()
    upgrade.site.log = _Dying(f"{dies_at} agent-2")
    with pytest.raises(KeyboardInterrupt):
        upgrade.run()
    upgrade.site.log = []

    upgrade.run()

    assert set(upgrade.site.versions.values()) == {NEW}
    assert not upgrade.site.cordoned
    assert "agent-1" not in " ".join(upgrade.site.log)


def test_refuses_a_site_with_a_machine_that_somebody_cordoned(
    make_upgrade: Callable[..., Upgrade],
) -> None:
    upgrade = make_upgrade()
    upgrade.site.cordoned = {"agent-2"}

    with pytest.raises(Refused, match="agent-2 is cordoned, not by an upgrade"):
        upgrade.run()

    assert upgrade.site.log == []


def test_names_the_replacement_that_left_a_cordon(make_upgrade: Callable[..., Upgrade]) -> None:
    upgrade = make_upgrade()
    upgrade.site.cordoned = {"agent-2"}
    upgrade.site.marks = {"agent-2": {"pgtwin/cordoned-by": "vacate"}}

    with pytest.raises(Refused, match="pgtwin replace --site primary --machine agent-2"):
        upgrade.run()

    assert upgrade.site.log == []


def test_refuses_to_run_on_an_agent(make_upgrade: Callable[..., Upgrade]) -> None:
    upgrade = make_upgrade()
    agent = replace(upgrade.machine, imds=upgrade.world.machine("agent-1").machine.imds)

    with pytest.raises(Refused, match="run it on server-1"):
        run(agent, Namespace(local=False))


def test_locally_exchanges_the_verified_binary_and_restarts_k3s(world: World) -> None:
    agent = _booted(world, "agent-1")
    content = b"#!/bin/sh\n: newer k3s\n"
    agent.web.content = content
    sha256 = agent.machine.files.sha256(K3S)
    world.document["k3s"] = {
        "version": "v1.36.5+k3s1",
        "sha256": dict.fromkeys(("amd64", "arm64"), _hash(content)),
        "mirror": None,
    }
    world.publish(world.bundle())

    run(agent.machine, Namespace(local=True))

    assert agent.machine.files.read(K3S) == content
    assert agent.machine.files.sha256(K3S) != sha256
    assert ["systemctl", "--no-block", "restart", "k3s-agent.service"] in agent.shell.ran


def test_a_binary_with_another_hash_leaves_the_old_one_running(world: World) -> None:
    agent = _booted(world, "agent-1")
    before = agent.machine.files.read(K3S)
    world.document["k3s"]["sha256"] = {"amd64": "0" * 64, "arm64": "0" * 64}
    world.publish(world.bundle())
    ran = len(agent.shell.ran)

    with pytest.raises(Refused, match="sha256"):
        run(agent.machine, Namespace(local=True))

    assert agent.machine.files.read(K3S) == before
    assert not any("k3s-agent.service" in argv for argv in agent.shell.ran[ran:])


def _booted(world: World, node: str) -> Booted:
    booted = world.machine(node)
    boot(booted.machine, BOOT)
    return booted


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Dying(list[str]):
    """A log that ends the run when it is told of one thing."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = at

    def append(self, done: str) -> None:
        super().append(done)
        if done == self._at:
            raise KeyboardInterrupt
