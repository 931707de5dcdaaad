"""The verbs of an API server over the registry.

Simplified: quotas and priority are not enforced, and the one administrator may do everything.
"""

import secrets
from collections.abc import Sequence

from drill.kubernetes.objects.copied import copied
from drill.kubernetes.objects.deletion import AT_ONCE, DeleteOptions, ObjectDeletion, key_of
from drill.kubernetes.objects.field_owners import FieldOwners
from drill.kubernetes.objects.registry import Key, ObjectRegistry
from drill.kubernetes.objects.resource_table import ResourceTable
from drill.kubernetes.objects.selectors import matches_fields, matches_labels, refuse_no_selector
from drill.kubernetes.objects.write_request import Admission
from drill.kubernetes.objects.writing import ObjectWriting
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.schemas.gate import SchemaGate
from drill.kubernetes.schemas.strict_schemas import StrictSchemas
from drill.kubernetes.status_error import StatusError


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
        self._deletion = ObjectDeletion(registry, self.resources)
        self._writing = ObjectWriting(
            registry=registry,
            resources=self.resources,
            schemas=schemas,
            deletion=self._deletion,
            admission=admission,
        )

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object.

        Raises:
            StatusError: 404.
        """
        found = self.registry.get(key_of(resource, namespace, name))
        if found is None:
            raise StatusError.not_found(resource, name)
        return found

    def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """The objects of a namespace, or of all where it is empty.

        Raises:
            StatusError: 400 for what is no selector.
        """
        refuse_no_selector(labels, of=f"{resource.api_version}, Resource={resource.plural}")
        return self.registry.items(
            resource,
            lambda found: (
                (not namespace or found["metadata"].get("namespace") == namespace)
                and matches_labels(found, labels)
                and matches_fields(found, fields)
            ),
        )

    def create(
        self, resource: Resource, body: Object, *, manager: str, dry_run: bool = False
    ) -> Object:
        """Store a new object.

        Raises:
            StatusError: 409 where the name is taken, and every refusal of admission.
        """
        new = copied(body)
        metadata = new.setdefault("metadata", {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
        if not metadata.get("name"):
            raise StatusError.invalid(
                resource, "", "metadata.name: Required value: name or generateName is required"
            )
        with self.registry.transaction():
            if found := self.registry.get(_key_of(resource, new)):
                raise StatusError.already_exists(resource, found["metadata"])
            if resource.status:
                new.pop("status", None)
            return self._writing.write(resource, None, new, manager=manager, dry_run=dry_run)

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
            self._refuse_another_object(resource, old, body["metadata"])
            new = _part(resource, old, copied(body), subresource)
            return self._writing.write(
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
        self._gate.refuse_untyped(resource, body)
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
            return self._writing.write(
                resource, old, new, manager=manager, owners=owners, dry_run=dry_run
            )

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
        self, resource: Resource, namespace: str, name: str, options: DeleteOptions = AT_ONCE
    ) -> Object:
        """Remove an object and what it owns, or mark it while it has finalizers.

        Raises:
            StatusError: 404, 409 where it is not the object that was meant.
        """
        with self.registry.transaction():
            found = self.get(resource, namespace, name)
            return self._deletion.delete(
                resource, key_of(resource, namespace, name), found, options
            )


def _key_of(resource: Resource, value: Object) -> Key:
    metadata = value["metadata"]
    return key_of(resource, metadata.get("namespace", "default"), metadata.get("name", ""))


def _name(value: Object) -> str:
    return str(value["metadata"].get("name", ""))


def _part(resource: Resource, old: Object, body: Object, subresource: str) -> Object:
    if subresource == "status":
        return {**copied(old), "status": body.get("status", {})}
    if resource.status:
        body.pop("status", None)
        return {**body, **({"status": old["status"]} if "status" in old else {})}
    return body


def _applicable(resource: Resource, body: Object) -> Object:
    applied = copied(body)
    if resource.status:
        applied.pop("status", None)
    applied["metadata"].pop("managedFields", None)
    return applied
