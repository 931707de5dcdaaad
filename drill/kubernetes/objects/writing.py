"""The way of a write: completion, schema, admission, field owners, then storage.

The order is that of a real server. A dry run does all of it but the last step. A write that changes
nothing keeps the resource version.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from drill.kubernetes.moment import now
from drill.kubernetes.objects.copied import copied
from drill.kubernetes.objects.deletion import ObjectDeletion, key_of, refuse_new_finalizers
from drill.kubernetes.objects.field_owners import FieldOwners
from drill.kubernetes.objects.registry import ObjectRegistry
from drill.kubernetes.objects.resource_table import ResourceTable
from drill.kubernetes.objects.write_request import Admission, WriteRequest
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.schemas.gate import SchemaGate
from drill.kubernetes.schemas.strict_schemas import StrictSchemas
from drill.kubernetes.status_error import StatusError

_SET_BY_THE_SERVER = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
_LEFT_OUT_WHEN_EMPTY = ("annotations", "labels", "finalizers", "ownerReferences")
"""apimachinery v0.36 pkg/apis/meta/v1/types.go, ObjectMeta: `omitempty`."""


class ObjectWriting:
    """Writes into one registry."""

    def __init__(
        self,
        *,
        registry: ObjectRegistry,
        resources: ResourceTable,
        schemas: StrictSchemas,
        deletion: ObjectDeletion,
        admission: Sequence[Admission],
    ) -> None:
        self._registry = registry
        self._resources = resources
        self._schemas = schemas
        self._gate = SchemaGate(schemas)
        self._deletion = deletion
        self._admission = admission

    def write(
        self,
        resource: Resource,
        old: Object | None,
        new: Object,
        *,
        manager: str,
        subresource: str = "",
        owners: FieldOwners | None = None,
        dry_run: bool,
    ) -> Object:
        """Store `new` in the place of `old`.

        Raises:
            StatusError: every refusal of admission.
        """
        self._complete(resource, old, new)
        self._gate.refuse_breaches(resource, new)
        before_admission = copied(new)
        request = WriteRequest(resource=resource, old=old, new=new, subresource=subresource)
        for admit in self._admission:
            admit(request)
        list_keys = self._schemas.list_keys(resource)
        if owners is None:
            owners = FieldOwners.of(old, list_keys)
            owners = owners.update(old, new, manager=manager, subresource=subresource)
        elif new != before_admission:
            owners = owners.update(before_admission, new, manager=manager)
        entries = (old or {}).get("metadata", {}).get("managedFields", [])
        new["metadata"]["managedFields"] = owners.entries(resource.api_version, now(), entries)
        if _comparable(new) == _comparable(old):
            return old or new
        if old and _specification(new) != _specification(old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
        return new if dry_run else self._store(resource, new)

    def _store(self, resource: Resource, new: Object) -> Object:
        metadata = new["metadata"]
        key = key_of(resource, metadata.get("namespace", ""), metadata["name"])
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            self._deletion.delete(resource, key, new)
            return new
        return self._registry.write(resource, key, new)

    def _complete(self, resource: Resource, old: Object | None, new: Object) -> None:
        new["apiVersion"], new["kind"] = resource.api_version, resource.kind
        metadata = new["metadata"]
        before = (old or {}).get("metadata", {})
        if resource.namespaced:
            metadata.setdefault("namespace", before.get("namespace", "default"))
            self._refuse_a_missing_namespace(metadata["namespace"])
        else:
            metadata.pop("namespace", None)
        for name in _SET_BY_THE_SERVER:
            metadata.pop(name, None)
            if name in before:
                metadata[name] = before[name]
        for name in _LEFT_OUT_WHEN_EMPTY:
            if not metadata.get(name):
                metadata.pop(name, None)
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("creationTimestamp", now())
        metadata.setdefault("generation", 1)
        if "resourceVersion" in before:
            metadata["resourceVersion"] = before["resourceVersion"]
        if old is not None:
            refuse_new_finalizers(resource, old, new)

    def _refuse_a_missing_namespace(self, namespace: str) -> None:
        if not self._registry.get(("namespaces", "", namespace)):
            raise StatusError.not_found(self._resources.by_kind("v1", "Namespace"), namespace)


def _comparable(value: Object | None) -> Any:
    if value is None:
        return None
    ignored = ("resourceVersion", "generation")
    metadata = {key: found for key, found in value["metadata"].items() if key not in ignored}
    return {**value, "metadata": metadata}


def _specification(value: Object) -> Any:
    return {key: found for key, found in value.items() if key not in ("metadata", "status")}
