"""Which claims may grow: those that are bound, and of a class that allows it.

From kubernetes v1.36.4 pkg/apis/core/validation and
plugin/pkg/admission/storage/persistentvolume/resize; `tests/contract` compares them.
"""

from drill.kubernetes.objects.known_resources import SERVED_BY_K3S
from drill.kubernetes.objects.quantity import quantity
from drill.kubernetes.objects.registry import ObjectRegistry
from drill.kubernetes.objects.write_request import WriteRequest
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_CLASS = next(each for each in SERVED_BY_K3S if each.kind == "StorageClass")


class ClaimGrowth:
    """Judges the size of every claim that is changed."""

    def __init__(self, registry: ObjectRegistry) -> None:
        self._registry = registry

    def __call__(self, request: WriteRequest) -> None:
        """Judge a write.

        Raises:
            StatusError: 422 for a claim that is not bound, 403 where the class does not allow it.
        """
        is_claim = request.resource.kind == "PersistentVolumeClaim" and not request.subresource
        if not is_claim or request.old is None:
            return
        if requested(request.new) <= requested(request.old):
            return
        if request.old.get("status", {}).get("phase") != "Bound":
            raise StatusError.invalid(
                request.resource,
                request.name,
                "spec: Forbidden: spec is immutable after creation except resources.requests and "
                "volumeAttributesClassName for bound claims",
            )
        if not self._may_grow(request.old["spec"].get("storageClassName")):
            raise StatusError.not_admitted(
                request.resource,
                request.name,
                "only dynamically provisioned pvc can be resized and the storageclass that "
                "provisions the pvc must support resize",
            )

    def _may_grow(self, named: str | None) -> bool:
        found = (c for c in self._registry.items(_CLASS) if c["metadata"]["name"] == named)
        return any(each.get("allowVolumeExpansion") for each in found)


def requested(claim: Object) -> int:
    """The bytes that a claim asks for."""
    return int(quantity(claim["spec"]["resources"]["requests"]["storage"]))
