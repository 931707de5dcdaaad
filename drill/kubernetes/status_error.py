"""An API server's refusal."""

from typing import Any

from drill.kubernetes.resource import Object, Resource


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
    def already_exists(cls, resource: Resource, metadata: Object) -> "StatusError":
        """A create met an object of that name."""
        going = "object is being deleted: " if "deletionTimestamp" in metadata else ""
        told = f'{going}{resource.qualified} "{metadata["name"]}" already exists'
        return cls(409, "AlreadyExists", told)

    @classmethod
    def unauthorized(cls) -> "StatusError":
        """Nobody knows who asks."""
        return cls(401, "Unauthorized", "Unauthorized")

    @classmethod
    def forbidden(
        cls, user: str, verb: str, what: Resource, where: tuple[str, str]
    ) -> "StatusError":
        """A user without this right; `where` is a namespace and a name, either may be empty."""
        namespace, name = where
        called = f'{what.qualified} "{name}"' if name else what.qualified
        place = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        told = (
            f'{called} is forbidden: User "{user}" cannot {verb} resource "{what.plural}" in API '
            f'group "{what.group}" {place}'
        )
        return cls(403, "Forbidden", told)

    @classmethod
    def unavailable(cls) -> "StatusError":
        """The server cannot answer now."""
        told = "the server is currently unable to handle the request"
        return cls(503, "ServiceUnavailable", told)

    @classmethod
    def another(
        cls, resource: Resource, metadata: Object, field: str, demanded: str, found: str
    ) -> "StatusError":
        """The object is not the one that was to be deleted."""
        then = {"UID": "deleted and then recreated", "ResourceVersion": "modified"}[field]
        what = f'Operation cannot be fulfilled on {resource.kind} "{metadata["name"]}"'
        told = (
            f"{what}: the {field} in the precondition ({demanded}) does not match the {field} in "
            f"record ({found}). The object might have been {then}"
        )
        return cls(409, "Conflict", told)

    @classmethod
    def modified(cls, resource: Resource, name: str) -> "StatusError":
        """The writer had read an older version."""
        return cls._conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try "
            "again",
        )

    @classmethod
    def gone(cls, resource: Resource, name: str, uid: str) -> "StatusError":
        """The writer meant an object that is no longer there."""
        return cls._conflict(
            resource,
            name,
            f"uid mismatch: the provided object specified uid {uid}, and no existing object was "
            "found",
        )

    @classmethod
    def _conflict(cls, resource: Resource, name: str, problem: str) -> "StatusError":
        what = f'Operation cannot be fulfilled on {resource.qualified} "{name}"'
        return cls(409, "Conflict", f"{what}: {problem}")

    @classmethod
    def untyped(cls, resource: Resource, body: Object, problem: str) -> "StatusError":
        """An apply whose body does not fit the kind: 500 without a reason, as a real server."""
        metadata = body["metadata"]
        what = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
        message = f"failed to create typed patch object ({what}; {kind}): {problem}"
        return cls(500, "", message)

    @classmethod
    def not_admitted(cls, resource: Resource, name: str, problem: str) -> "StatusError":
        """A plugin of admission refuses what the user may do."""
        details = {"name": name, "group": resource.group, "kind": resource.plural}
        told = f'{resource.qualified} "{name}" is forbidden: {problem}'
        return cls(403, "Forbidden", told, details)

    @classmethod
    def invalid(cls, resource: Resource, name: str, *problems: str) -> "StatusError":
        """Fields break rules; each problem is `<field>: <what is wrong>`."""
        kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
        told = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        causes = [
            {"reason": "FieldValueInvalid", "message": wrong, "field": field}
            for field, _, wrong in (each.partition(": ") for each in problems)
        ]
        return cls(
            422,
            "Invalid",
            f'{kind} "{name}" is invalid: {told}',
            {"name": name, "group": resource.group, "kind": resource.kind, "causes": causes},
        )

    @classmethod
    def bad_request(cls, message: str) -> "StatusError":
        """The request makes no sense."""
        return cls(400, "BadRequest", message)

    @classmethod
    def internal(cls, message: str) -> "StatusError":
        """Something that the server needs does not answer."""
        return cls(500, "InternalError", f"Internal error occurred: {message}")
