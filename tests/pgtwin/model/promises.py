"""What has to hold in every state."""

from dataclasses import replace

from tests.pgtwin.model import host_rules, other_region
from tests.pgtwin.model.world import World, other
from topology.site import SITES


def broken_promise(world: World) -> str:
    """Which invariant does not hold; empty when all do."""
    if world.problem:
        return world.problem
    accepting = [(site, place) for site, place in world.each() if place.accepts]
    if len(accepting) > 1 and not any(place.isolated for _, place in accepting):
        return "two sites accept writes"
    if len(accepting) > 1 and _for_good(world):
        return "two sites accept writes, and no record of theirs will ever end it"
    for site, place in accepting:
        if not place.isolated and place.rows != world.truth:
            return f"{site} accepts writes without rows that were promised"
    return _promised_too_much(world) if "synchronous" in world.budget.also else ""


def _promised_too_much(world: World) -> str:
    """Whoever asks for the status in this very state is told the truth."""
    for site, place in world.each():
        arrived = world.place(other(site)).rows
        if place.isolated or arrived[: len(world.truth)] == world.truth:
            continue
        if other_region.told(world, site):
            return f"an RPO of 0 is told of {site}, and rows that were promised are only there"
    return ""


def _for_good(world: World) -> bool:
    """Whether both go on once the regions are there again and their machines read both copies."""
    for site, place in world.each():
        world = world.put(site, replace(place, cut=False))
    for site in SITES:
        world = host_rules.admit(world, site)
    return all(place.accepts for _, place in world.each())
