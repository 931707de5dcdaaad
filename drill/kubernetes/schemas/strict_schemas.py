"""The strict schemas of the kinds, and what breaks them.

Kubernetes' own kinds come from the package kubernetes-validate, the others from the definitions of
their projects (`crd_schemas.py`). A custom kind without a schema is accepted unchecked: the log
says so, `unchecked` lists it, and the drill's report names it. CEL rules are not evaluated.
"""

import json
import logging
from functools import cache
from importlib.resources import files
from typing import Any

from drill.kubernetes.objects.field_paths import ListKeys, core_list_keys
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.schemas.crd_schemas import Kind, Schema, pinned_schemas
from drill.kubernetes.schemas.problem import SchemaProblem, described

_CORE_SCHEMAS = "v1.36.0-local-strict"
_log = logging.getLogger(__name__)


class StrictSchemas:
    """Judges objects by the schemas at hand."""

    def __init__(self) -> None:
        self.unchecked: set[str] = set()

    def problems(self, resource: Resource, value: Object) -> list[SchemaProblem]:
        """Every breach; none for a kind without a schema."""
        if is_core(resource):
            validator = _core_validator(resource)
            document = {"apiVersion": resource.api_version, "kind": resource.kind, **value}
            return _problems(validator, document) if validator else []
        if _custom_schema(resource) is None:
            self._tell_once(f"{resource.api_version} {resource.kind}")
            return []
        return _problems(_custom_validator(_kind(resource)), value)

    def _tell_once(self, kind: str) -> None:
        if kind not in self.unchecked:
            _log.warning("objects of %s are accepted unchecked - run: make schemas", kind)
        self.unchecked.add(kind)

    def list_keys(self, resource: Resource) -> ListKeys:
        """Which keys tell the items of a resource's lists apart."""
        schema = None if is_core(resource) else _custom_schema(resource)
        if schema is None:
            return core_list_keys
        return lambda names: _map_keys(schema, names)


def _kind(resource: Resource) -> Kind:
    return resource.api_version, resource.kind


def _custom_schema(resource: Resource) -> Schema | None:
    return pinned_schemas().get(_kind(resource))


@cache
def _custom_validator(kind: Kind) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(pinned_schemas()[kind])


def is_core(resource: Resource) -> bool:
    """Whether it is a kind of Kubernetes itself."""
    return "." not in resource.group or resource.group.endswith(".k8s.io")


@cache
def _core_validator(resource: Resource) -> Any:
    """A validator with the package's own files; the package itself reads them at every call."""
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing import Resource as Referenced

    folder = files("kubernetes_validate") / "kubernetes-json-schema" / _CORE_SCHEMAS
    group = resource.group.partition(".")[0]
    version = f"{group}-{resource.version}" if group else resource.version
    file = folder / f"{resource.kind.lower()}-{version}.json"
    if not file.is_file():
        return None
    return Draft202012Validator(
        json.loads(file.read_text(encoding="utf-8")),
        registry=Referenced.from_contents(_core_definitions()) @ Registry(),
    )


@cache
def _core_definitions() -> Any:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / _CORE_SCHEMAS
    return json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))


def _problems(validator: Any, value: Object) -> list[SchemaProblem]:
    return [problem for error in validator.iter_errors(value) for problem in described(error)]


def _map_keys(schema: Schema, names: tuple[str, ...]) -> tuple[str, ...]:
    node: Any = schema
    for name in names:
        while isinstance(node, dict) and "items" in node and "properties" not in node:
            node = node["items"]
        properties = node.get("properties", {})
        node = properties.get(name) or node.get("additionalProperties")
        if not isinstance(node, dict):
            return ()
    return tuple(node.get("x-kubernetes-list-map-keys", ()))
