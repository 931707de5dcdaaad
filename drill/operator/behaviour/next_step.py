"""The order in which the operator looks at things; the first that asks for something is done.

What the recordings show of this order: tokens that no longer count go first, also in the middle of
a restart; a fence stops everything but a demotion, whose fence is the operator's own; a promotion
with a token stops every roll-out until the token was used.
"""

from drill.operator.behaviour import bootstrap, demotion, failover, promotion, roll_out
from drill.operator.behaviour.phases import (
    HEALTHY,
    NOT_ACTIVE,
    RESTARTED,
    UNRECOVERABLE,
    UPGRADING,
    WAITING,
    creation_failed,
)
from drill.operator.behaviour.seen import Seen
from drill.operator.behaviour.step import Steps, show, show_phase


def steps(seen: Seen) -> Steps:
    """What the operator does about a cluster now; empty while it waits or nothing is due."""
    for part in _INSTANCE_MANAGERS if seen.asked.paused else _OPERATOR:
        found = part(seen)
        if found is not None:
            return found
    return ()


def _spent_tokens(seen: Seen) -> Steps | None:
    """In one write (cloudnative-pg v1.30.0 internal/controller/cluster_status.go:345-350)."""
    spent = {"lastPromotionToken": not seen.asked.token, "demotionToken": not seen.asked.follows}
    cleared = {each: None for each, is_spent in spent.items() if is_spent and seen.status.get(each)}
    return show(**cleared) if cleared else None


def _last_promotion_token(seen: Seen) -> Steps | None:
    """The primary's instance manager (internal/management/controller/instance_controller.go:1277)
    clears it too.
    """
    has_one = seen.status.get("lastPromotionToken") and not seen.asked.token
    return show(lastPromotionToken=None) if has_one else None


def _ready_instances(seen: Seen) -> Steps | None:
    """One by one: the kubelets do not probe at the same moment."""
    shown = seen.status.get("readyInstances") or 0
    ready = sum(each.ready for each in seen.instances)
    if ready == shown:
        return None
    return show(readyInstances=shown + (1 if ready > shown else -1) or None)


def _fenced(seen: Seen) -> Steps | None:
    return () if seen.asked.fenced else None


def _stuck(seen: Seen) -> Steps | None:
    if not seen.obstacles:
        return None
    reason = creation_failed(", ".join(seen.obstacles.failed_jobs))
    told = not seen.obstacles.failed_jobs or (seen.phase, seen.reason) == (UNRECOVERABLE, reason)
    return () if told else show_phase(UNRECOVERABLE, reason)


def _restarted(seen: Seen) -> Steps | None:
    return show_phase(HEALTHY, RESTARTED) if seen.restarted else None


def _settle(seen: Seen) -> Steps | None:
    if not seen.complete:
        is_new = seen.phase != WAITING and _is_missing(seen)
        return show_phase(WAITING, NOT_ACTIVE) if is_new else ()
    settled = (seen.phase, seen.reason) == (HEALTHY, None)
    return None if settled else show_phase(HEALTHY)


def _is_missing(seen: Seen) -> bool:
    """Whether a pod is missed; a probe that fails alone leaves the phase as it is."""
    return seen.phase == UPGRADING or any(each.pod == "gone" for each in seen.instances)


_OPERATOR = (
    _spent_tokens,
    bootstrap.primary,
    _ready_instances,
    demotion.steps,
    _fenced,
    _restarted,
    promotion.steps,
    failover.steps,
    _stuck,
    bootstrap.standbys,
    roll_out.steps,
    _settle,
)
_INSTANCE_MANAGERS = (
    _last_promotion_token,
    _fenced,
    promotion.refused,
    roll_out.signal,
    promotion.without_operator,
)
"""What goes on while the operator is paused; the standbys ask for their restart before the primary
is promoted (promotion-3-instances-after-demotion)."""
