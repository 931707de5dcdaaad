"""Before a machine is made anew: the site is whole, another machine leads, nothing is left behind.

Real: the verb. Scripted: kubectl's answers, and an operator that moves the primary away from a
machine that is cordoned.
"""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

import pytest

from host.errors import Refused, TimedOut
from host.machine.machine import Machine
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

    def vacate(self, node: str, *, lost: bool = False) -> dict[str, object]:
        return run(self.machine, Namespace(machine=node, lost=lost))


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


def test_a_dead_machine_is_let_go_while_all_others_are_ready(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1"}

    assert primary.vacate("agent-1", lost=True) == {"machine": "agent-1", "led": False}
    assert primary.site.log == []


def test_a_second_dead_machine_is_not(primary: Scene) -> None:
    primary.site.not_ready = {"agent-1", "agent-2"}

    with pytest.raises(Refused, match="agent-2 is not Ready either"):
        primary.vacate("agent-1", lost=True)


def test_a_machine_that_is_ready_is_not_lost(primary: Scene) -> None:
    with pytest.raises(Refused, match="repeat without --lost"):
        primary.vacate("agent-1", lost=True)


def test_a_machine_that_the_site_does_not_have_is_refused(primary: Scene) -> None:
    with pytest.raises(Refused, match="no machine 'agent-9', only server-1, agent-1"):
        primary.vacate("agent-9")
