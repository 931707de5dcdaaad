"""A new cluster: its primary first, then one standby after the other."""

from drill.operator.behaviour.phases import CREATING, NOT_ACTIVE, SETTING_UP, WAITING
from drill.operator.behaviour.seen import Seen
from drill.operator.behaviour.step import Do, Steps, show, show_phase


def primary(seen: Seen) -> Steps | None:
    """The first instance, by whatever `bootstrap` says."""
    if seen.status.get("currentPrimary"):
        return None
    first = f"{seen.asked.cluster}-1"
    if not seen.status.get("targetPrimary"):
        return (
            *show(targetPrimary=first),
            *show_phase(SETTING_UP, f"Creating primary instance {first}"),
            *show(instances=1),
        )
    if not seen.instances:
        return (Do(order="bootstrap", instance=first),)
    if seen.phase != WAITING:
        return show_phase(WAITING, NOT_ACTIVE)
    return show(currentPrimary=first, phaseReason=None)


def standbys(seen: Seen) -> Steps | None:
    """The next standby, once all that exist are ready."""
    existing = len(seen.instances)
    if existing >= seen.asked.instances or not all(each.ready for each in seen.instances):
        return _until_ready(seen)
    if seen.phase != CREATING:
        reason = f"Creating replica {seen.asked.cluster}-{existing + 1}-join"
        return show_phase(CREATING, reason)
    if seen.status.get("instances") == existing:
        return show(instances=existing + 1)
    return (Do(order="join", instance=f"{seen.asked.cluster}-{existing + 1}"),)


def _until_ready(seen: Seen) -> Steps | None:
    return show_phase(WAITING, NOT_ACTIVE) if seen.phase == CREATING else None
