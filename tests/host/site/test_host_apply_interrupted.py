"""`apply` killed at every single call that it makes, and run again.

For each call number of an undisturbed run a new site is made, the run is ended just before that
call as a power cut would, and `apply` runs once more. The objects must be the same as without the
cut, and no run may have deleted anything or moved the writer on the way.
"""

from typing import Any

import pytest

from host.apply import apply
from tests.host.site.conftest import MakeWorld
from tests.host.site.world import Killed, World

LEFT_THE_BUNDLE = ("HelmChart", "NetworkPolicy")


def applied_again(world: World, at_call: int) -> dict[str, Any]:
    """The objects after a run that ended at a call and another one."""
    world.power.calls, world.power.until = 0, at_call
    with pytest.raises(Killed):
        world.apply()
    world.power.until = None
    world.apply()
    return world.objects()


def calls_of_a_run(world: World) -> int:
    world.power.calls = 0
    world.apply()
    return world.power.calls


@pytest.mark.slow
def test_a_first_apply_ends_the_same_wherever_it_was_cut(make_world: MakeWorld) -> None:
    calm = make_world()
    calls = calls_of_a_run(calm)
    assert calls > 40

    for at_call in range(1, calls + 1):
        world = make_world()
        assert applied_again(world, at_call) == calm.objects(), f"cut at call {at_call}"
        world.close()


@pytest.mark.slow
def test_an_apply_that_deletes_ends_the_same_wherever_it_was_cut(world: World) -> None:
    world.apply()
    world.deploy(without=LEFT_THE_BUNDLE)
    calls = calls_of_a_run(world)
    smaller = world.objects()
    assert not [where for where in smaller if where.startswith("NetworkPolicy")]

    for at_call in range(1, calls + 1):
        world.deploy(without=("HelmChart",))
        world.apply()
        world.deploy(without=LEFT_THE_BUNDLE)
        assert applied_again(world, at_call) == smaller, f"cut at call {at_call}"


@pytest.mark.slow
def test_a_promoted_site_stays_the_writer_wherever_an_apply_was_cut(dr: World) -> None:
    dr.put_base_backup("primary")
    dr.apply()
    dr.record(epoch=1, writer="dr")
    merge = {"spec": {"replica": {"primary": "postgres-cluster-dr"}}}
    dr.api.patch("Cluster", "postgres-cluster-dr", merge)
    promoted = dr.cluster()["spec"]["replica"]
    site = dr.site
    dr.power.calls = 0
    apply(site)
    calls = dr.power.calls

    for at_call in range(1, calls + 1):
        dr.power.calls, dr.power.until = 0, at_call
        with pytest.raises(Killed):
            apply(site)
        assert dr.cluster()["spec"]["replica"] == promoted, f"cut at call {at_call}"
