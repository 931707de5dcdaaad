"""`apply` cut off before every single effect that it has, and run again.

For each effect of an undisturbed run a new site is made, the run is ended just before that effect
as a power cut would end it, and `apply` runs once more. The objects must then be the same as
without the cut. The bundles here hold one object or two of each kind.
"""

from typing import Any

import pytest

from host.verbs.apply import apply
from tests.host.site.conftest import MakeWorld
from tests.host.site.world import Killed, World

SMALL = ("HelmChart", "NetworkPolicy")
SMALLER = (*SMALL, "CronJob", "ScheduledBackup")


def cut_and_repeated(world: World, effect: int) -> dict[str, Any]:
    """The objects after a run that ended before an effect, and another one."""
    world.power.effects, world.power.until = 0, effect
    with pytest.raises(Killed):
        world.apply()
    world.power.until = None
    world.apply()
    return world.objects()


def effects_of_a_run(world: World) -> int:
    world.power.effects = 0
    world.apply()
    return world.power.effects


@pytest.mark.slow
def test_a_first_apply_ends_the_same_wherever_it_was_cut(make_world: MakeWorld) -> None:
    calm = make_world()
    calm.deploy(without=SMALL)
    effects = effects_of_a_run(calm)
    assert effects > 10

    for effect in range(1, effects + 1):
        world = make_world()
        world.deploy(without=SMALL)
        assert cut_and_repeated(world, effect) == calm.objects(), f"cut before effect {effect}"


@pytest.mark.slow
def test_an_apply_that_deletes_ends_the_same_wherever_it_was_cut(world: World) -> None:
    world.deploy(without=SMALL)
    world.apply()
    world.deploy(without=SMALLER)
    effects = effects_of_a_run(world)
    smaller = world.objects()
    assert not [where for where in smaller if where.startswith("CronJob")]

    for effect in range(1, effects + 1):
        world.deploy(without=SMALL)
        world.apply()
        world.deploy(without=SMALLER)
        assert cut_and_repeated(world, effect) == smaller, f"cut before effect {effect}"


@pytest.mark.slow
def test_a_promoted_site_stays_the_writer_wherever_an_apply_was_cut(dr: World) -> None:
    dr.put_base_backup("primary")
    dr.deploy(without=SMALL)
    dr.apply()
    dr.record(epoch=1, writer="dr")
    merge = {"spec": {"replica": {"primary": "postgres-cluster-dr"}}}
    dr.api.patch("Cluster", "postgres-cluster-dr", merge)
    promoted = dr.cluster()["spec"]["replica"]
    dr.power.effects = 0
    apply(dr.site)
    effects = dr.power.effects

    for effect in range(1, effects + 1):
        dr.power.effects, dr.power.until = 0, effect
        with pytest.raises(Killed):
            apply(dr.site)
        assert dr.cluster()["spec"]["replica"] == promoted, f"cut before effect {effect}"
