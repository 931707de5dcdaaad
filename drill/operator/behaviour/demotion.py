"""A writer becomes a replica cluster.

The operator fences the cluster itself, waits until the primary was shut down and archived to its
end, shows where that was, and takes its fence away (cloudnative-pg v1.30.0
pkg/reconciler/replicaclusterswitch/reconciler.go). Whoever takes the fence away before gets a
PostgreSQL that runs, and the operator waits for its shutdown forever.
"""

from drill.operator.behaviour.phases import APPLYING, CHANGED, HEALTHY
from drill.operator.behaviour.seen import Seen
from drill.operator.behaviour.step import Fence, Show, Steps, show, show_phase

_DONE = Show(status={"switchReplicaClusterStatus": {"inProgress": None}})


def steps(seen: Seen) -> Steps | None:
    """The next part of a demotion; empty while PostgreSQL is being shut down."""
    if seen.switching:
        return _finish(seen)
    if not seen.asked.follows or seen.primary is None or seen.primary.is_standby:
        return None
    if seen.phase != APPLYING:
        return show_phase(APPLYING, CHANGED)
    return (
        Fence(up=True),
        Show(status={"switchReplicaClusterStatus": {"inProgress": True}}),
    )


def _finish(seen: Seen) -> Steps:
    if seen.phase == APPLYING:
        return show_phase(HEALTHY)
    if seen.stopped_at is None:
        return ()
    return (*show(demotionToken=seen.stopped_at), Fence(up=False), _DONE)
