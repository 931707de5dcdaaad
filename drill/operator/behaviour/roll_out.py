"""A changed setting that needs a restart: the standbys' pods one by one, then the primary in place.

So it is after every promotion too: archive_mode is `always` on a replica cluster and `on` on a
writer.
"""

from drill.operator.behaviour.phases import APPLYING, CHANGED, NEEDS_RESTART, RESTARTING, UPGRADING
from drill.operator.behaviour.seen import Instance, Seen
from drill.operator.behaviour.step import Do, Steps, show, show_phase


def steps(seen: Seen) -> Steps | None:
    """The next restart; None once every instance runs with its settings, or one is not ready."""
    if seen.primary is None:
        return None
    if seen.signalled:
        return signal(seen)
    if seen.timeline not in (None, seen.status.get("timelineID")):
        return show(timelineID=seen.timeline)
    due = [each for each in seen.standbys if each.needs_restart]
    if not seen.complete:
        return None
    if due:
        return _recreate(due[-1])
    return _restart(seen, seen.primary)


def signal(seen: Seen) -> Steps | None:
    """An instance manager that needs a restart says so itself."""
    return show_phase(APPLYING, CHANGED) if seen.signalled else None


def _recreate(standby: Instance) -> Steps:
    reason = f"Restarting instance {standby.name}, because: {NEEDS_RESTART}"
    return (*show_phase(UPGRADING, reason), Do(order="recreate", instance=standby.name))


def _restart(seen: Seen, primary: Instance) -> Steps | None:
    if not primary.answers and seen.phase == RESTARTING:
        return ()
    if not primary.needs_restart:
        return None
    restart = Do(order="restart", instance=primary.name)
    if seen.phase == RESTARTING:
        return (restart,)
    return (*show_phase(RESTARTING, NEEDS_RESTART), restart)
