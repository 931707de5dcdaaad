"""The Backup that a ScheduledBackup makes at once (`immediate`), as CloudNativePG makes it.

cloudnative-pg v1.30.0 internal/controller/scheduledbackup_controller.go and
api/v1/scheduledbackup_funcs.go; `tests/contract` compares. Later ones are not made: nobody waits
for a schedule here.
"""

from datetime import datetime

from drill.kubernetes.moment import written
from drill.kubernetes.objects.owner_reference import owned_by
from drill.kubernetes.resource import Object

_COPIED = ("cluster", "method", "pluginConfiguration", "target")


def is_due(schedule: Object) -> bool:
    """Whether its first Backup is still to be made."""
    spec, status = schedule["spec"], schedule.get("status") or {}
    wanted = spec.get("immediate") and not spec.get("suspend")
    return bool(wanted) and not status.get("lastScheduleTime")


def first_backup(schedule: Object, now: datetime) -> Object:
    """That Backup."""
    spec, metadata = schedule["spec"], schedule["metadata"]
    return {
        "apiVersion": schedule["apiVersion"],
        "kind": "Backup",
        "metadata": {
            "name": f"{metadata['name']}-{now:%Y%m%d%H%M%S}",
            "namespace": metadata["namespace"],
            "labels": {
                "cnpg.io/cluster": spec["cluster"]["name"],
                "cnpg.io/immediateBackup": "true",
                "cnpg.io/scheduled-backup": metadata["name"],
            },
            **(owned_by(schedule) if spec.get("backupOwnerReference") == "self" else {}),
        },
        "spec": {key: spec[key] for key in _COPIED if key in spec},
    }


def status_after(now: datetime) -> Object:
    """What the ScheduledBackup says then."""
    text = written(now)
    return {"lastCheckTime": text, "lastScheduleTime": text}
