"""The verbs of an API server over the registry.

The order of a write is that of a real server: field ownership, mutating and validating admission,
strict schema, resource version, then storage. A dry run does all of it but the last step. A write
that changes nothing keeps the resource version. Simplified: deletion is immediate and in the
background, whatever propagation is asked for; quotas, roles and priority are not enforced.
"""

import secrets
import uuid
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from drill.kubernetes.field_owners import FieldOwners
from drill.kubernetes.object_registry import Key, ObjectRegistry
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.resource_table import ResourceTable
from drill.kubernetes.schema_gate import SchemaGate
from drill.kubernetes.selectors import matches_fields, matches_labels
from drill.kubernetes.status_error import StatusError
from drill.kubernetes.strict_schemas import StrictSchemas
from drill.kubernetes.write_request import Admission, WriteRequest

_SET_BY_THE_SERVER = ("uid", "creationTimestamp", "generation", "deletionTimestamp")


class KubernetesApi:
    """get, list, create, update, apply, delete."""

    def __init__(
        self,
        *,
        registry: ObjectRegistry,
        schemas: StrictSchemas,
        admission: Sequence[Admission] = (),
    ) -> None:
        self.registry = registry
        self.schemas = schemas
        self.resources = ResourceTable(registry)
        self._gate = SchemaGate(schemas)
        self._admission = admission

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object.

        Raises:
            StatusError: 404.
        """
        found = self.registry.get(_key(resource, namespace, name))
        if found is None:
            raise StatusError.not_found(resource, name)
        return found

    def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """The objects of a namespace, or of all where it is empty."""
        return [
            found
            for found in self.registry.items(resource)
            if (not namespace or found["metadata"].get("namespace") == namespace)
            and matches_labels(found, labels)
            and matches_fields(found, fields)
        ]

    def create(
        self, resource: Resource, body: Object, *, manager: str, dry_run: bool = False
    ) -> Object:
        """Store a new object.

        Raises:
            StatusError: 409 where the name is taken, and every refusal of admission.
        """
        new = deepcopy(body)
        metadata = new.setdefault("metadata", {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
        if not metadata.get("name"):
            raise StatusError.invalid(
                resource, "", "metadata.name: Required value: name or generateName is required"
            )
        with self.registry.transaction():
            if self.registry.get(_key_of(resource, new)):
                raise StatusError.already_exists(resource, metadata["name"])
            if resource.status:
                new.pop("status", None)
            return self._write(resource, None, new, manager=manager, dry_run=dry_run)

    def update(
        self,
        resource: Resource,
        body: Object,
        *,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        """Replace an object, or only its status.

        Raises:
            StatusError: 404, 409 where the body carries an older resource version, and every
                refusal of admission.
        """
        with self.registry.transaction():
            old = self.get(resource, body["metadata"].get("namespace", ""), _name(body))
            wanted = body["metadata"].get("resourceVersion")
            if wanted and wanted != old["metadata"]["resourceVersion"]:
                raise StatusError.modified(resource, _name(body))
            new = _part(resource, old, deepcopy(body), subresource)
            return self._write(
                resource, old, new, manager=manager, subresource=subresource, dry_run=dry_run
            )

    def apply(
        self,
        resource: Resource,
        body: Object,
        *,
        manager: str,
        force: bool = False,
        dry_run: bool = False,
    ) -> Object:
        """Server-side apply.

        Raises:
            StatusError: 409 on a field that another manager owns or where the body carries an older
                resource version or the uid of an object that is gone, 500 on an undeclared field
                as a real server does, and every refusal of admission. An object that is gone is
                created whatever resource version the body carries.
        """
        self._gate.refuse_undeclared_fields(resource, body)
        with self.registry.transaction():
            old = self.registry.get(_key_of(resource, body))
            self._refuse_another_object(resource, old, body["metadata"])
            applied = _applicable(resource, body)
            live = old or {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                "metadata": {},
            }
            owners = FieldOwners.of(old, self.schemas.list_keys(resource))
            new, owners = owners.apply(live, applied, manager=manager, force=force)
            return self._write(resource, old, new, manager=manager, owners=owners, dry_run=dry_run)

    @staticmethod
    def _refuse_another_object(resource: Resource, old: Object | None, meant: Object) -> None:
        """Hold an apply to the uid and the resource version that it names."""
        name, uid = str(meant.get("name", "")), meant.get("uid")
        if old is None:
            if uid:
                raise StatusError.gone(resource, name, uid)
            return
        if uid and uid != old["metadata"]["uid"]:
            problem = f'metadata.uid: Invalid value: "{uid}": field is immutable'
            raise StatusError.invalid(resource, name, problem)
        wanted = meant.get("resourceVersion")
        if wanted and wanted != old["metadata"]["resourceVersion"]:
            raise StatusError.modified(resource, name)

    def delete(
        self, resource: Resource, namespace: str, name: str, *, dry_run: bool = False
    ) -> Object:
        """Remove an object and what it owns, or mark it while it has finalizers.

        Raises:
            StatusError: 404.
        """
        with self.registry.transaction():
            found = self.get(resource, namespace, name)
            if dry_run:
                return found
            if found["metadata"].get("finalizers"):
                found["metadata"].setdefault("deletionTimestamp", _now())
                return self.registry.write(resource, _key_of(resource, found), found)
            gone = self.registry.remove(resource, _key_of(resource, found))
            self._collect(gone)
            return gone

    def _write(
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
        self._complete(resource, old, new)
        before_admission = deepcopy(new)
        request = WriteRequest(resource=resource, old=old, new=new, subresource=subresource)
        for admit in self._admission:
            admit(request)
        self._gate.refuse_breaches(resource, new)
        list_keys = self.schemas.list_keys(resource)
        if owners is None:
            owners = FieldOwners.of(old, list_keys)
            owners = owners.update(old, new, manager=manager, subresource=subresource)
        elif new != before_admission:
            owners = owners.update(before_admission, new, manager=manager)
        entries = (old or {}).get("metadata", {}).get("managedFields", [])
        new["metadata"]["managedFields"] = owners.entries(resource.api_version, _now(), entries)
        if _comparable(new) == _comparable(old):
            return old or new
        if old and _specification(new) != _specification(old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
        return new if dry_run else self._store(resource, new)

    def _store(self, resource: Resource, new: Object) -> Object:
        stored = self.registry.write(resource, _key_of(resource, new), new)
        metadata = stored["metadata"]
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            return self.delete(resource, metadata.get("namespace", ""), metadata["name"])
        return stored

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
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault("creationTimestamp", _now())
        metadata.setdefault("generation", 1)
        if "resourceVersion" in before:
            metadata["resourceVersion"] = before["resourceVersion"]

    def _refuse_a_missing_namespace(self, namespace: str) -> None:
        if not self.registry.get(("namespaces", "", namespace)):
            raise StatusError.not_found(self.resources.by_kind("v1", "Namespace"), namespace)

    def _collect(self, gone: Object) -> None:
        """Delete what a deleted object owned, or what was in a deleted namespace."""
        uid = gone["metadata"]["uid"]
        inside = gone["metadata"]["name"] if gone["kind"] == "Namespace" else None
        for resource in self.resources.all():
            for each in self.registry.items(resource):
                metadata = each["metadata"]
                owned = any(o["uid"] == uid for o in metadata.get("ownerReferences", ()))
                contained = inside is not None and metadata.get("namespace") == inside
                if (owned or contained) and self.registry.get(_key_of(resource, each)):
                    self.delete(resource, metadata.get("namespace", ""), metadata["name"])


def _key(resource: Resource, namespace: str, name: str) -> Key:
    return (resource.qualified, namespace if resource.namespaced else "", name)


def _key_of(resource: Resource, value: Object) -> Key:
    metadata = value["metadata"]
    return _key(resource, metadata.get("namespace", "default"), metadata.get("name", ""))


def _name(value: Object) -> str:
    return str(value["metadata"].get("name", ""))


def _part(resource: Resource, old: Object, body: Object, subresource: str) -> Object:
    if subresource == "status":
        return {**deepcopy(old), "status": body.get("status", {})}
    if resource.status:
        body.pop("status", None)
        return {**body, **({"status": old["status"]} if "status" in old else {})}
    return body


def _applicable(resource: Resource, body: Object) -> Object:
    applied = deepcopy(body)
    if resource.status:
        applied.pop("status", None)
    applied["metadata"].pop("managedFields", None)
    return applied


def _comparable(value: Object | None) -> Any:
    if value is None:
        return None
    ignored = ("resourceVersion", "generation")
    metadata = {key: found for key, found in value["metadata"].items() if key not in ignored}
    return {**value, "metadata": metadata}


def _specification(value: Object) -> Any:
    return {key: found for key, found in value.items() if key not in ("metadata", "status")}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
