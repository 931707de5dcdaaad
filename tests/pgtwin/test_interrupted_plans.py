"""A plan that is interrupted anywhere is simply run again."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.promises import broken_promise
from tests.pgtwin.model.search import take_step
from tests.pgtwin.model.world import (
    Command,
    Operator,
    World,
    first_world,
)

MISHAPS = st.lists(st.integers(0, 3), min_size=0, max_size=40)


def carry_out(world: World, command: Command, mishaps: list[int]) -> World:
    """One run of a command; each choice of the oracle takes the next mishap, until none is left."""
    world = replace(world, operators=(Operator("x", command),))
    while world.operators:
        script = tuple(mishaps)
        oracle = Oracle(script, faults=len(script))
        world, _ = take_step(world, 0, world.operators[0], oracle)
        del mishaps[: len(oracle.taken)]
        world = replace(world, budget=replace(world.budget, faults=0))
        assert not broken_promise(world), broken_promise(world)
    # A command that was killed leaves its lock, which expires.
    return replace(
        world, primary=replace(world.primary, lock=None), dr=replace(world.dr, lock=None)
    )


@settings(max_examples=300, deadline=None)
@given(mishaps=MISHAPS)
def test_a_switchover_is_repeated_until_it_is_done_and_loses_nothing(mishaps: list[int]) -> None:
    start = first_world(rows=0)
    world = replace(start, primary=replace(start.primary, rows=(1, 2), archived=(1,)), truth=(1, 2))

    world = carry_out(world, ("switchover", "dr"), [each % 4 for each in mishaps])
    world = carry_out(replace(world, late=frozenset()), ("switchover", "dr"), [])

    assert world.dr.accepts
    assert not world.primary.accepts
    assert world.dr.rows == (1, 2)


@settings(max_examples=300, deadline=None)
@given(mishaps=MISHAPS)
def test_a_failover_is_repeated_until_it_is_done(mishaps: list[int]) -> None:
    start = first_world(rows=0)
    world = replace(start, primary=replace(start.primary, cut=True, up=False))

    world = carry_out(world, ("failover", "dr"), [each % 4 for each in mishaps])
    world = carry_out(replace(world, late=frozenset()), ("failover", "dr"), [])

    assert world.dr.accepts


@settings(max_examples=200, deadline=None)
@given(mishaps=MISHAPS)
def test_a_lost_site_comes_back_and_takes_over_again(mishaps: list[int]) -> None:
    start = first_world(rows=0)
    world = replace(start, primary=replace(start.primary, cut=True, up=False))
    world = carry_out(world, ("failover", "dr"), [])
    world = replace(world, primary=replace(world.primary, cut=False))

    world = carry_out(world, ("failback", "primary"), [each % 4 for each in mishaps])
    world = carry_out(replace(world, late=frozenset()), ("failback", "primary"), [])
    world = carry_out(world, ("switchover", "primary"), [])

    assert world.primary.accepts
    assert world.primary.server == "p-g2"
    assert not world.dr.accepts
