"""What the API answers to an object that breaks its schema."""

from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.status_error import StatusError
from drill.kubernetes.strict_schemas import StrictSchemas


class SchemaGate:
    """Turns breaches of the strict schemas into a server's refusals."""

    def __init__(self, schemas: StrictSchemas) -> None:
        self._schemas = schemas

    def refuse_undeclared_fields(self, resource: Resource, body: Object) -> None:
        """Judge what is about to be applied, before it is merged.

        Raises:
            StatusError: 500, as a real server answers here.
        """
        for problem in self._schemas.problems(resource, body):
            if problem.kind == "unknown":
                told = f".{problem.path}: field not declared in schema"
                raise StatusError.untyped(resource, body, told)

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
            told = [f"{each.path}: Invalid value: {each.message}" for each in problems]
            raise StatusError.invalid(resource, str(new["metadata"].get("name", "")), *told)
