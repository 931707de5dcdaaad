"""The rules of CloudNativePG's webhook for a Backup and a ScheduledBackup, in its own words.

From cloudnative-pg v1.30.0 internal/webhook/v1/*backup_webhook.go; `tests/contract` compares
them.
"""

from collections.abc import Iterator

from drill.kubernetes.admission.cluster_values import invalid
from drill.kubernetes.objects.write_request import WriteRequest
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_CRON_FIELDS = (5, 6)


def admit_backup(request: WriteRequest) -> None:
    """Judge one of the two; other kinds pass.

    Raises:
        StatusError: 422 with every broken rule.
    """
    kind, spec = request.resource.kind, request.new.get("spec", {})
    problems: list[str] = []
    if kind in ("Backup", "ScheduledBackup"):
        spec.setdefault("method", "barmanObjectStore")
        problems.extend(_method(spec, kind))
    if kind == "ScheduledBackup":
        problems.extend(_schedule(str(spec["schedule"])))
    if problems:
        raise StatusError.invalid(request.resource, request.name, *problems)


def _method(spec: Object, kind: str) -> Iterator[str]:
    if spec["method"] == "volumeSnapshot":
        told = (
            "Cannot use volumeSnapshot backup method due to missing VolumeSnapshot CRD. If you "
            "installed the CRD after having started the operator, please restart it to enable "
            "VolumeSnapshot support"
        )
        yield invalid("spec.method", spec["method"], told)
    if kind == "Backup" and spec["method"] == "plugin" and not spec.get("pluginConfiguration"):
        told = "cannot be empty when the backup method is plugin"
        yield invalid("spec.pluginConfiguration", None, told)


def _schedule(schedule: str) -> Iterator[str]:
    fields = len(schedule.split())
    if fields not in _CRON_FIELDS and not schedule.startswith("@"):
        told = f"Expected 5 to 6 fields, found {fields}: {schedule}"
        yield invalid("spec.schedule", schedule, told)
