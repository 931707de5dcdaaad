"""How an object goes: at once, or when its last finalizer has gone, and what it owned with it.

Simplified: what it owns goes at once and in the background, whatever propagation is asked for.
"""

from dataclasses import dataclass
from typing import Any

from drill.kubernetes.moment import now
from drill.kubernetes.objects.registry import Key, ObjectRegistry
from drill.kubernetes.objects.resource_table import ResourceTable
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.status_error import StatusError


@dataclass(frozen=True, kw_only=True)
class DeleteOptions:
    """What a request to delete demands besides."""

    dry_run: bool = False
    uid: str = ""
    resource_version: str = ""
    """The object has to have these, where they are given."""

    @classmethod
    def of(cls, body: Any, *, dry_run: bool) -> "DeleteOptions":
        """From the body of a request, which may be empty; kubectl asks for a dry run there."""
        body = body if isinstance(body, dict) else {}
        demanded = body.get("preconditions") or {}
        return cls(
            dry_run=dry_run or body.get("dryRun") == ["All"],
            uid=demanded.get("uid", ""),
            resource_version=demanded.get("resourceVersion", ""),
        )


AT_ONCE = DeleteOptions()


class ObjectDeletion:
    """Deletes in one registry."""

    def __init__(self, registry: ObjectRegistry, resources: ResourceTable) -> None:
        self._registry = registry
        self._resources = resources

    def delete(
        self, resource: Resource, key: Key, found: Object, options: DeleteOptions = AT_ONCE
    ) -> Object:
        """Remove an object and what it owns, or mark it while it has finalizers.

        Raises:
            StatusError: 409 where it is not the object that was meant.
        """
        metadata = found["metadata"]
        for demanded, field, called in (
            (options.uid, "uid", "UID"),
            (options.resource_version, "resourceVersion", "ResourceVersion"),
        ):
            if demanded and demanded != metadata[field]:
                raise StatusError.another(resource, metadata, called, demanded, metadata[field])
        if options.dry_run:
            return found
        if metadata.get("finalizers"):
            return self._mark(resource, key, found)
        gone = self._registry.remove(resource, key)
        self._collect(gone)
        return gone

    def _mark(self, resource: Resource, key: Key, found: Object) -> Object:
        if "deletionTimestamp" in found["metadata"]:
            return found
        found["metadata"] |= {"deletionTimestamp": now(), "deletionGracePeriodSeconds": 0}
        return self._registry.write(resource, key, found)

    def _collect(self, gone: Object) -> None:
        """Delete what a deleted object owned, or what was in a deleted namespace."""
        uid = gone["metadata"]["uid"]
        inside = gone["metadata"]["name"] if gone["kind"] == "Namespace" else None
        for resource in self._resources.all():
            for each in self._registry.items(resource):
                metadata = each["metadata"]
                owned = any(o["uid"] == uid for o in metadata.get("ownerReferences", ()))
                contained = inside is not None and metadata.get("namespace") == inside
                key = key_of(resource, metadata.get("namespace", ""), metadata["name"])
                if (owned or contained) and self._registry.get(key):
                    self.delete(resource, key, each)


def key_of(resource: Resource, namespace: str, name: str) -> Key:
    """Where an object is in the registry."""
    return (resource.qualified, namespace if resource.namespaced else "", name)


def refuse_new_finalizers(resource: Resource, old: Object, new: Object) -> None:
    """Hold a write to an object that is being deleted.

    Raises:
        StatusError: 422 where the write adds a finalizer.
    """
    before, metadata = old["metadata"], new["metadata"]
    known = before.get("finalizers") or []
    added = [each for each in metadata.get("finalizers") or [] if each not in known]
    if "deletionTimestamp" in before and added:
        told = "{" + ", ".join(f'"{each}"' for each in added) + "}"
        problem = (
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
            f"deleted, found new finalizers []string{told}"
        )
        raise StatusError.invalid(resource, metadata["name"], problem)
