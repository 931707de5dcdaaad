"""What the operator needs of a Kubernetes API; `drill.kubernetes.ClusterApi` has it."""

from typing import Any, Protocol

Object = dict[str, Any]
"""A Kubernetes object as its API answers it."""


class Objects(Protocol):
    """Objects as copies; every method may be called from any thread."""

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        """Every object of the kind; none where it is not served yet."""
        ...

    def get(self, kind: str, name: str, namespace: str = "postgres") -> Object | None:
        """One object; None where it does not exist."""
        ...

    def create(self, value: Object) -> Object:
        """Add an object that does not exist yet, with its status."""
        ...

    def patch(self, kind: str, name: str, patch: Object, namespace: str = "postgres") -> Object:
        """Apply a JSON merge patch."""
        ...

    def patch_status(
        self, kind: str, name: str, status: Any, namespace: str = "postgres"
    ) -> Object:
        """Apply a JSON merge patch to the status; a null removes its key."""
        ...

    def delete(self, kind: str, name: str, namespace: str = "postgres") -> None:
        """Remove an object; no error where it does not exist."""
        ...
