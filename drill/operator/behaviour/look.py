"""One look of an operator whose instances are simulated."""

from collections.abc import Callable, Mapping
from typing import Any

from drill.operator.behaviour.next_step import steps
from drill.operator.behaviour.seen import Asked
from drill.operator.behaviour.simulation import Simulation
from drill.operator.behaviour.step import Do, Fence, Show


def look(
    simulation: Simulation, item: Mapping[str, Any], write: Callable[[Show | Fence], None]
) -> None:
    """Let a tick pass, then do what the operator does about the Cluster `item`."""
    asked = Asked.of(item)
    for step in steps(simulation.look(asked, item.get("status") or {})):
        if isinstance(step, Do):
            simulation.obey(step, asked)
            continue
        write(step)
        if isinstance(step, Show):
            simulation.shown(step)
