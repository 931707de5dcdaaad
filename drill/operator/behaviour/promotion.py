"""A replica cluster becomes a writer.

With a token the phase says so, and nothing else happens until the token was used or refused;
without one the phase stays as it was until PostgreSQL has ended recovery. A writer that is asked
for a token again is judged like a replica: the token of an earlier timeline makes it unrecoverable
(recording 04).
"""

from drill.operator.behaviour.phases import (
    APPLYING,
    CHANGED,
    IN_PROGRESS,
    PROMOTING,
    RESTARTED,
    TOKEN_REFUSED,
    UNRECOVERABLE,
)
from drill.operator.behaviour.seen import Instance, Seen
from drill.operator.behaviour.step import Do, Steps, show, show_phase


def steps(seen: Seen) -> Steps | None:
    """The next part of a promotion; empty while it waits for PostgreSQL."""
    primary = seen.primary
    if seen.asked.follows or primary is None:
        return None
    if seen.unspent_token:
        return _with_token(seen, primary, seen.unspent_token)
    return _promote(primary) if primary.is_standby else None


def without_operator(seen: Seen) -> Steps | None:
    """What the primary's instance manager does by itself (cloudnative-pg v1.30.0
    internal/management/controller/instance_controller.go:1187-1284).
    """
    primary = seen.primary
    if seen.asked.follows or primary is None:
        return None
    if seen.unspent_token and seen.verdict == "not yet":
        return () if seen.phase == PROMOTING else show(phase=PROMOTING)
    if seen.unspent_token:
        return _promote_with(seen.unspent_token, primary)
    return _promote(primary) if primary.is_standby else None


def refused(seen: Seen) -> Steps | None:
    """An instance manager looks at the token before it asks for any restart (the same file:178)."""
    if seen.asked.follows or not seen.unspent_token or seen.verdict != "refused":
        return None
    return () if seen.phase == UNRECOVERABLE else show_phase(UNRECOVERABLE, TOKEN_REFUSED)


def _with_token(seen: Seen, primary: Instance, token: str) -> Steps:
    if seen.verdict == "refused":
        return _refuse(seen)
    if seen.phase != PROMOTING:
        return show_phase(PROMOTING, IN_PROGRESS)
    if seen.signalled:
        return show_phase(APPLYING, CHANGED)
    return _promote_with(token, primary) if seen.verdict == "valid" else ()


def _refuse(seen: Seen) -> Steps:
    if seen.phase == UNRECOVERABLE:
        return ()
    if seen.phase == PROMOTING or seen.reason == RESTARTED:
        return show_phase(UNRECOVERABLE, TOKEN_REFUSED)
    return show_phase(PROMOTING, IN_PROGRESS)


def _promote(primary: Instance) -> Steps:
    return (Do(order="promote", instance=primary.name),) if primary.answers else ()


def _promote_with(token: str, primary: Instance) -> Steps:
    if not primary.is_standby:
        return show(lastPromotionToken=token)
    promoted = _promote(primary)
    return (*promoted, *show(lastPromotionToken=token)) if promoted else ()
