"""A step of the operator as the merge patch that writes it."""

from collections.abc import Mapping
from typing import Any

from drill.operator.behaviour.seen import ALL_INSTANCES, FENCED
from drill.operator.behaviour.step import Fence, Show
from drill.operator.conditions import Conditions


def status_patch(show: Show, status: Mapping[str, Any]) -> dict[str, Any]:
    """The patch of the status subresource, without the `status` around it."""
    if show.ready is None:
        return show.status
    conditions = Conditions(status.get("conditions") or ())
    conditions.set("Ready", show.ready, "ClusterIsReady", "ClusterIsNotReady")
    # A merge patch would merge into the old one: it is a new object, or the same.
    return {**show.status, "conditions": conditions.list}


def fence_patch(fence: Fence) -> dict[str, Any]:
    """The patch of the Cluster."""
    return {"metadata": {"annotations": {FENCED: ALL_INSTANCES if fence.up else None}}}
