"""What the primary's control file says of tokens: whether one fits, and the one it gives."""

import logging
from collections.abc import Mapping
from typing import Any

from drill.operator import role_change
from drill.operator.behaviour.seen import Asked, Verdict
from drill.operator.managed_instance import ManagedInstance
from drill.operator.promotion_token import TokenRefused

Status = Mapping[str, Any]
_log = logging.getLogger("drill.operator.tokens")


def verdict(asked: Asked, status: Status, primary: ManagedInstance | None) -> Verdict:
    """Of the promotion token that is asked for, unless it was used already."""
    spent = asked.token == status.get("lastPromotionToken")
    if not asked.token or spent or primary is None or primary.report is None:
        return "not yet"
    try:
        allowed = role_change.token_allows(asked.token, primary.instance)
    except TokenRefused as refused:
        _log.info("%s refuses the token: %s", primary.name, refused)
        return "refused"
    return "valid" if allowed else "not yet"


def stopped_at(asked: Asked, status: Status, primary: ManagedInstance | None) -> str | None:
    """The demotion token; a primary becomes a standby only once it was archived to its end."""
    switching = (status.get("switchReplicaClusterStatus") or {}).get("inProgress")
    if primary is None or not (switching and asked.fenced):
        return None
    stopped = primary.instance.is_standby and not primary.instance.running
    return role_change.token_of(primary.instance) if stopped else None
