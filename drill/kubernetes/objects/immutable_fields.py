"""Fields that can never change after creation."""

from drill.kubernetes.objects.write_request import WriteRequest
from drill.kubernetes.status_error import StatusError

_CLUSTER = (("spec", "cluster", "name"),)
_IMMUTABLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Secret": (("type",),),
    "Backup": (("spec",),),
    "ScheduledBackup": _CLUSTER,
    "Pooler": _CLUSTER,
    "Database": _CLUSTER,
    "Deployment": (("spec", "selector"),),
    "Job": (("spec", "template"), ("spec", "selector")),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",)),
}


def refuse_immutable_changes(request: WriteRequest) -> None:
    """Hold a write to what must stay as it was.

    Raises:
        StatusError: 422 naming the field.
    """
    if request.old is None or request.subresource:
        return
    for path in _immutable(request):
        if _at(request.old, path) != _at(request.new, path):
            raise StatusError.invalid(
                request.resource,
                request.name,
                f"{'.'.join(path)}: Invalid value: {_told(request)}",
            )


def _told(request: WriteRequest) -> str:
    """A rule of Kubernetes, or of the Backup's CRD."""
    frozen = "BackupSpec is immutable once set"
    return frozen if request.resource.kind == "Backup" else "field is immutable"


def _immutable(request: WriteRequest) -> tuple[tuple[str, ...], ...]:
    frozen = bool(request.old and request.old.get("immutable"))
    if frozen and request.resource.kind in ("Secret", "ConfigMap"):
        return (("data",), ("immutable",))
    return _IMMUTABLE.get(request.resource.kind, ())


def _at(value: object, path: tuple[str, ...]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
