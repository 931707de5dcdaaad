"""The status that CloudNativePG would write for what its instances are."""

from collections.abc import Mapping
from typing import Any

import psycopg

from drill.operator.cluster_spec import ClusterSpec
from drill.operator.conditions import Conditions
from drill.operator.instance import Instance

HEALTHY = "Cluster in healthy state"
FENCED = "Cluster is fenced"
WAITING = "Waiting for the instances to become active"

_TIMELINE = """
SELECT CASE WHEN pg_is_in_recovery()
  THEN (SELECT max(timeline) FROM (
    SELECT received_tli AS timeline FROM pg_stat_wal_receiver
    UNION ALL SELECT timeline_id FROM pg_control_checkpoint()) AS seen)
  ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END
"""
_ARCHIVER = """
SELECT last_failed_time IS NULL OR coalesce(last_archived_time >= last_failed_time, false)
FROM pg_stat_archiver
"""


def of(spec: ClusterSpec, instances: list[Instance], before: Mapping[str, Any]) -> dict[str, Any]:
    """The status of a cluster with these instances, the primary first, after the one before."""
    conditions = Conditions(before.get("conditions", []))
    ready = [instance for instance in instances if instance.running]
    status: dict[str, Any] = {
        "instances": len(instances),
        "instanceNames": [instance.name for instance in instances],
        "readyInstances": len(ready),
        "phase": _phase(spec, len(ready)),
        "currentPrimary": instances[0].name if instances else None,
        "targetPrimary": instances[0].name if instances else spec.names[0],
        "writeService": f"{spec.name}-rw",
        "readService": f"{spec.name}-r",
    }
    conditions.set("Ready", len(ready) == spec.instances, "ClusterIsReady", "ClusterIsNotReady")
    if instances and instances[0].running:
        status.update(_from_primary(spec, instances[0], conditions))
    return {**status, "conditions": conditions.list}


def _from_primary(spec: ClusterSpec, primary: Instance, conditions: Conditions) -> dict[str, Any]:
    try:
        timeline = primary.value(_TIMELINE)
        archiving = primary.value(_ARCHIVER)
    except psycopg.OperationalError:
        return {}
    if spec.own:
        conditions.set(
            "ContinuousArchiving",
            bool(archiving),
            "ContinuousArchivingSuccess",
            "ContinuousArchivingFailing",
        )
    return {"timelineID": timeline}


def _phase(spec: ClusterSpec, ready: int) -> str:
    if spec.fenced or spec.hibernated:
        return FENCED
    return HEALTHY if ready == spec.instances else WAITING
