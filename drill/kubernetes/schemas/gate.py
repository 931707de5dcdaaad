"""What the API answers to an object that breaks its schema."""

from typing import Any

from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.schemas.strict_schemas import StrictSchemas, is_core
from drill.kubernetes.status_error import StatusError

_NOT_LOOKED_AT = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was "
    "invalid; correct the existing errors to complete validation"
)
"""What a server adds for the kind of a CRD, whose own rules it has not come to."""


class SchemaGate:
    """Turns breaches of the strict schemas into a server's refusals."""

    def __init__(self, schemas: StrictSchemas) -> None:
        self._schemas = schemas

    def refuse_untyped(self, resource: Resource, body: Object) -> None:
        """Judge what is about to be applied, before it is merged.

        Raises:
            StatusError: 500, as a real server answers here.
        """
        for problem in self._schemas.problems(resource, body):
            if problem.applied:
                told = f".{problem.path}: {problem.applied}"
                raise StatusError.untyped(resource, body, told)

    def without_undeclared_fields(self, resource: Resource, new: Object) -> Object:
        """An object as a server keeps it that was not told to be strict; `new` is changed."""
        for problem in self._schemas.problems(resource, new):
            if problem.kind == "unknown":
                *folders, name = problem.location
                inside: Any = new
                for key in folders:
                    inside = inside[key]
                del inside[name]
        return new

    def refuse_breaches(self, resource: Resource, new: Object) -> None:
        """Judge a whole object, before it is stored.

        Raises:
            StatusError: 400 for unknown fields, 422 for wrong values.
        """
        problems = self._schemas.problems(resource, new)
        unknown = [f'unknown field "{each.path}"' for each in problems if each.kind == "unknown"]
        if unknown:
            raise StatusError.bad_request(
                f'{resource.kind} in version "{resource.version}" cannot be handled as a '
                f"{resource.kind}: strict decoding error: {', '.join(unknown)}"
            )
        if problems:
            told = [f"{each.path}: {each.message}" for each in problems]
            if not is_core(resource) and any(each.blocks for each in problems):
                told.append(_NOT_LOOKED_AT)
            raise StatusError.invalid(resource, str(new["metadata"].get("name", "")), *told)
