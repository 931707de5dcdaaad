"""One breach of a schema, in the words of an API server.

Two sets of words, as in the real one: what server-side apply says of a body that does not fit the
kind (structured-merge-diff), and what is said of a whole object (apiextensions' validation).
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

Location = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class SchemaProblem:
    """Where, and what."""

    kind: Literal["unknown", "type", "value"]
    path: str
    """Dotted, without a leading dot: `spec.instances`."""
    message: str
    """What is said of a whole object."""
    applied: str = ""
    """What is said of a body that is applied; empty where that is not judged."""
    blocks: bool = False
    """Whether the rules of the CRD are not looked at then."""
    location: Location = ()
    """The path, key by key."""


def described(error: Any) -> list[SchemaProblem]:
    """The problems behind one error of jsonschema."""
    path, location = _path(error.absolute_path), tuple(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = set(error.schema.get("properties", {}))
        return [
            SchemaProblem(
                kind="unknown",
                path=_path((*location, name)),
                message="",
                applied="field not declared in schema",
                location=(*location, name),
            )
            for name in sorted(set(error.instance) - known)
        ]
    if error.validator == "required":
        name = error.message.split("'")[1]
        inside = _path((*location, name))
        return [SchemaProblem(kind="value", path=inside, message="Required value", blocks=True)]
    if error.validator == "type":
        return [_of_type(error, path, location)]
    return [_of_value(error, path, location)]


def _of_type(error: Any, path: str, location: Location) -> SchemaProblem:
    wanted = error.validator_value
    wanted = next(e for e in wanted if e != "null") if isinstance(wanted, list) else wanted
    called = {str: "string", bool: "boolean", dict: "object", list: "array", int: "integer"}
    found = called.get(type(error.instance), "number")
    told = f'Invalid value: "{found}": {path} in body must be of type {wanted}: "{found}"'
    return SchemaProblem(
        kind="type",
        path=path,
        message=told,
        applied=_expected(wanted, error.instance),
        blocks=True,
        location=location,
    )


def _expected(wanted: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if wanted in ("integer", "number"):
        return "expected numeric (int or float), got string"
    if wanted == "string":
        return f"expected string, got &value.valueUnstructured{{Value:{text}}}"
    name = {"boolean": "boolean", "object": "map", "array": "list"}[wanted]
    return f"expected {name}, got &{{{text}}}"


def _of_value(error: Any, path: str, location: Location) -> SchemaProblem:
    value = json.dumps(error.instance)
    if error.validator == "enum":
        known = ", ".join(json.dumps(each) for each in error.validator_value)
        told = f"Unsupported value: {value}: supported values: {known}"
        return SchemaProblem(kind="value", path=path, message=told, blocks=True, location=location)
    told = error.message
    if error.validator == "minimum":
        told = f"{path} in body should be greater than or equal to {error.validator_value}"
    told = f"Invalid value: {value}: {told}"
    return SchemaProblem(kind="value", path=path, message=told, location=location)


def _path(parts: Any) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".")
