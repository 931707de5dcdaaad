"""Before a machine is recreated: the site is whole, another machine leads, nothing is left behind.

Real: the verb. Scripted: kubectl's answers, and an operator that moves the primary away from a
machine that is cordoned.
"""

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

import pytest

from host.errors import Locked, Refused, TimedOut
from host.evidence.status_parts import node_statuses
from host.machine.lock import lock
from host.machine.machine import Machine
from host.machine.paths import K3S
from host.setup.rolling import LOCK
from host.verbs import upgrade
from host.verbs.vacate import run
from tests.host.boot.upgradable_site import UpgradableSite
from tests.host.boot.world import World

AGENTS = ("agent-1", "agent-2", "agent-3")
WorldMaker = Callable[..., World]


class Scene:
    def __init__(self, world: World, instances_on: tuple[str, ...]) -> None:
        names = [node["name"] for node in world.document["nodes"]]
        self.site = UpgradableSite(names, instances_on, "v1.36.4+k3s1")
        self.machine: Machine = replace(world.machine("server-1").machine, shell=self.site)

    def vacate(
        self, node: str, *, lost: bool = False, also_lost: tuple[str, ...] = ()
    ) -> dict[str, object]:
        return run(self.machine, Namespace(machine=node, lost=lost, also_lost=[*also_lost]))


@pytest.fixture
def primary(make_world: WorldMaker) -> Scene:
    return Scene(make_world(), AGENTS)


def test_another_machine_leads_and_no_cordon_is_left(primary: Scene) -> None:
    assert primary.vacate("agent-1") == {"machine": "agent-1", "led": True}

    assert primary.site.pods[primary.site.primary] != "agent-1"
    assert primary.site.log == ["cordon agent-1", "uncordon agent-1"]
    assert not primary.site.cordoned


def test_a_machine_that_does_not_lead_is_left_alone(primary: Scene) -> None:
    assert primary.vacate("agent-3") == {"machine": "agent-3", "led": False}
    assert primary.site.log == []


def test_a_single_instance_has_nowhere_to_go(make_world: WorldMaker) -> None:
    dr = Scene(make_world(site="dr"), ("server-1",))

    assert dr.vacate("server-1") == {"machine": "server-1", "led": False}
    assert dr.site.log == []


def test_nothing_goes_while_another_machine_is_missing(primary: Scene) -> None:
    primary.site.not_ready = {"agent-3"}

    with pytest.raises(TimedOut):
        primary.vacate("agent-1")

    assert primary.site.log == []


def test_a_primary_that_does_not_move_keeps_its_machine_without_a_cordon(primary: Scene) -> None:
    primary.site.pods = dict.fromkeys(primary.site.pods, "agent-1")

    with pytest.raises(TimedOut, match="the primary to leave agent-1"):
        primary.vacate("agent-1")

    assert not primary.site.cordoned


class Killed(list[str]):
    """A log under which the run ends without a word, as on a loss of power."""

    def append(self, what: str) -> None:
        if what.startswith("uncordon"):
            raise KeyboardInterrupt
        super().append(what)


@pytest.fixture
def interrupted(primary: Scene) -> Scene:
    """A run for agent-1 was killed before it could take its cordon back."""
    primary.site.log = Killed()
    with pytest.raises(KeyboardInterrupt):
        primary.vacate("agent-1")
    primary.site.log = []
    assert primary.site.cordoned == {"agent-1"}
    return primary


@pytest.mark.parametrize("node", ["agent-1", "agent-2"])
def test_the_cordon_of_a_run_that_was_killed_is_taken_back_by_the_next_one(
    interrupted: Scene, node: str
) -> None:
    interrupted.vacate(node)

    assert interrupted.site.log[0] == "uncordon agent-1"
    assert not interrupted.site.cordoned
    assert interrupted.site.pods[interrupted.site.primary] != node


def test_status_says_whose_cordon_a_machine_has(interrupted: Scene) -> None:
    interrupted.site.cordoned.add("agent-3")
    document = json.loads(
        interrupted.site.run([K3S, "kubectl", "get", "nodes", "-o", "json"]).stdout
    )

    shown = node_statuses(("server-1", *AGENTS), document["items"])

    found = {each.name: each.cordoned_by for each in shown if each.cordoned_by}
    assert found == {"agent-1": "vacate", "agent-3": "other"}


def test_the_cordon_of_somebody_else_is_refused_with_its_machine(primary: Scene) -> None:
    primary.site.cordoned = {"agent-2"}

    with pytest.raises(Refused, match=r"agent-2 is cordoned .* kubectl uncordon agent-2$"):
        primary.vacate("agent-1")

    assert primary.site.log == []


def test_a_second_run_beside_one_that_goes_on_is_refused(primary: Scene) -> None:
    with lock(primary.machine.files, LOCK), pytest.raises(Locked):
        primary.vacate("agent-1")

    assert primary.site.log == []


def test_an_upgrade_and_a_machine_that_is_let_go_wait_for_each_other(primary: Scene) -> None:
    with lock(primary.machine.files, LOCK), pytest.raises(Locked):
        upgrade.run(primary.machine, Namespace(local=False))

    assert primary.site.log == []


def test_a_dead_machine_is_let_go_while_all_others_are_ready(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1"}

    assert primary.vacate("agent-1", lost=True) == {"machine": "agent-1", "led": False}
    assert primary.site.log == []


def test_a_second_dead_machine_is_not(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1", "agent-2"}

    with pytest.raises(Refused, match="agent-2 is not Ready either"):
        primary.vacate("agent-1", lost=True)


def test_two_dead_machines_do_not_wait_for_each_other_once_both_are_named(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1", "agent-2"}

    for node, other in (("agent-1", "agent-2"), ("agent-2", "agent-1")):
        gone = primary.vacate(node, lost=True, also_lost=(other,))
        assert gone == {"machine": node, "led": False}


def test_a_third_dead_machine_is_waited_for_until_it_is_named(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1", "agent-2", "agent-3"}

    with pytest.raises(Refused, match=r"agent-3 is not Ready either.* --also-lost agent-3$"):
        primary.vacate("agent-1", lost=True, also_lost=("agent-2",))


def test_a_machine_that_is_ready_is_not_lost_beside_another_one(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1"}

    with pytest.raises(Refused, match=r"agent-2 is Ready.* repeat without --also-lost agent-2$"):
        primary.vacate("agent-1", lost=True, also_lost=("agent-2",))


def test_a_machine_that_is_ready_is_not_lost(primary: Scene) -> None:
    with pytest.raises(Refused, match="repeat without --lost"):
        primary.vacate("agent-1", lost=True)


def test_a_machine_that_the_site_does_not_have_is_refused(primary: Scene) -> None:
    with pytest.raises(Refused, match="no machine 'agent-9', only server-1, agent-1"):
        primary.vacate("agent-9")
