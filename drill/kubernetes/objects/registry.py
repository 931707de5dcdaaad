"""Where the objects are: one versioned map with its history of changes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from drill.kubernetes.objects.copied import copied
from drill.kubernetes.resource import Object, Resource

Key = tuple[str, str, str]
"""The qualified name of the resource, the namespace (empty for cluster-wide), the name."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happened to an object."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: Resource
    version: int
    object: Object
    before: Object | None = None
    """What it was until then; to be read only."""


class ObjectRegistry:
    """Objects by key. Every write has a version of its own, and wakes whoever waits for one."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._objects: dict[Key, Object] = {}
        self._changes: list[Change] = []
        self._version = 0

    @property
    def version(self) -> int:
        """The version of the newest write."""
        return self._version

    def get(self, key: Key) -> Object | None:
        """A copy of an object."""
        with self.lock:
            return copied(self._objects.get(key))

    def items(
        self, resource: Resource, wanted: Callable[[Object], bool] = lambda _: True
    ) -> list[Object]:
        """Copies of a resource's objects, by namespace and name; `wanted` only reads them."""
        name = resource.qualified
        with self.lock:
            found = {
                key: each for key, each in self._objects.items() if key[0] == name and wanted(each)
            }
            return [copied(found[key]) for key in sorted(found)]

    def scan(self, resource: Resource) -> list[Object]:
        """All objects of a resource themselves, for a caller that only reads, and at once."""
        name = resource.qualified
        with self.lock:
            return [found for key, found in self._objects.items() if key[0] == name]

    def write(self, resource: Resource, key: Key, new: Object) -> Object:
        """Store an object under the next version; a copy of what is stored."""
        with self.lock:
            self._version += 1
            new = copied(new)
            new["metadata"]["resourceVersion"] = str(self._version)
            before = self._objects.get(key)
            self._note("MODIFIED" if before else "ADDED", resource, new, before)
            self._objects[key] = new
            return copied(new)

    def remove(self, resource: Resource, key: Key) -> Object:
        """Forget an object; a copy of its last state."""
        with self.lock:
            self._version += 1
            old = self._objects.pop(key)
            old["metadata"]["resourceVersion"] = str(self._version)
            self._note("DELETED", resource, old, old)
            return copied(old)

    def changes_after(self, version: int, timeout_seconds: float) -> tuple[Change, ...]:
        """The changes since `version`; waits for the first, none when the time is over."""
        deadline = time.monotonic() + timeout_seconds
        with self.lock:
            while True:
                found = self._after(version)
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                self._changed.wait(left)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile."""
        with self.lock:
            yield

    def _after(self, version: int) -> tuple[Change, ...]:
        first = len(self._changes)
        while first and self._changes[first - 1].version > version:
            first -= 1
        return tuple(self._changes[first:])

    def _note(
        self,
        type_: Literal["ADDED", "MODIFIED", "DELETED"],
        resource: Resource,
        new: Object,
        before: Object | None,
    ) -> None:
        self._changes.append(
            Change(
                type=type_,
                resource=resource,
                version=self._version,
                object=copied(new),
                before=before,
            )
        )
        self._changed.notify_all()
