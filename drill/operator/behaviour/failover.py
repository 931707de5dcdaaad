"""The pod or the machine of the primary is gone: a standby that is ready takes over.

Only on a writer: how a replica cluster replaces its designated primary was never recorded.
"""

from drill.operator.behaviour.phases import FAILING_OVER, PENDING
from drill.operator.behaviour.seen import Instance, Seen
from drill.operator.behaviour.step import Do, Steps, show, show_phase


def steps(seen: Seen) -> Steps | None:
    """The next part of a failover inside the site; None where nothing is to be replaced."""
    primary, target = seen.primary, seen.status.get("targetPrimary")
    if seen.asked.follows or primary is None:
        return None
    if target not in (primary.name, PENDING):
        return _take_over(seen, target)
    if primary.pod == "there" or seen.successor is None:
        return None
    return _choose(seen, primary, seen.successor)


def _choose(seen: Seen, primary: Instance, successor: Instance) -> Steps:
    if seen.phase != FAILING_OVER:
        return show_phase(FAILING_OVER, f"Initiating a failover from {primary.name}")
    return (
        *show(targetPrimary=PENDING),
        *show_phase(FAILING_OVER, f"Failing over from {primary.name} to {successor.name}"),
        *show(targetPrimary=successor.name),
    )


def _take_over(seen: Seen, target: str | None) -> Steps:
    chosen = next((each for each in seen.instances if each.name == target), None)
    if chosen is None or (chosen.is_standby and not chosen.answers):
        return ()
    promote = (Do(order="promote", instance=chosen.name),) if chosen.is_standby else ()
    return (*promote, *show(currentPrimary=chosen.name))
