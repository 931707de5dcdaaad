"""An API server's refusal."""

from typing import Any

from drill.kubernetes.resource import Resource


class StatusError(Exception):
    """A refusal with the status document that the client gets."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}

    @property
    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return {
            "apiVersion": "v1",
            "kind": "Status",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }

    @classmethod
    def not_found(cls, resource: Resource, name: str) -> "StatusError":
        """There is no such object."""
        return cls(
            404,
            "NotFound",
            f'{resource.qualified} "{name}" not found',
            {"name": name, "group": resource.group, "kind": resource.plural},
        )

    @classmethod
    def no_such_path(cls) -> "StatusError":
        """Nothing is served at this path: the kind does not exist here (yet)."""
        return cls(404, "NotFound", "the server could not find the requested resource")

    @classmethod
    def already_exists(cls, resource: Resource, name: str) -> "StatusError":
        """A create met an object of that name."""
        return cls(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists')

    @classmethod
    def modified(cls, resource: Resource, name: str) -> "StatusError":
        """The writer had read an older version."""
        return cls(
            409,
            "Conflict",
            f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been '
            "modified; please apply your changes to the latest version and try again",
        )

    @classmethod
    def invalid(cls, resource: Resource, name: str, problem: str) -> "StatusError":
        """A field's value breaks a rule."""
        kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
        return cls(422, "Invalid", f'{kind} "{name}" is invalid: {problem}')

    @classmethod
    def bad_request(cls, message: str) -> "StatusError":
        """The request makes no sense."""
        return cls(400, "BadRequest", message)

    @classmethod
    def internal(cls, message: str) -> "StatusError":
        """Something that the server needs does not answer."""
        return cls(500, "InternalError", f"Internal error occurred: {message}")
