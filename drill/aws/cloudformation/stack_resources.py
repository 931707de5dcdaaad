"""The resources of one stack: made, changed and deleted as CloudFormation does it.

What always holds:

- A resource is touched only when its own resolved properties differ from those that were applied.
- What the template retains is never deleted, neither with its stack nor by leaving a template.
- A resource is never replaced: a change that AWS answers with a replacement fails the stack here.
- A resource, attribute or reference that cannot be made or resolved fails the stack.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError

from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.dependencies import in_order
from drill.aws.cloudformation.kind import Properties
from drill.aws.cloudformation.kinds import KINDS
from drill.aws.cloudformation.resource import Resource

_log = logging.getLogger(__name__)
_RETAINED = {"Retain", "RetainExceptOnCreate"}


class StackResources(parsing.ResourceMap):  # type: ignore[misc] # moto is untyped here
    """Takes the place of moto's own map of a stack's resources."""

    apis: Apis
    """Set once, when the process starts."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._applied: dict[str, Properties] = {}

    def validate_outputs(self) -> None:
        """Nothing here: an output that cannot be resolved fails when it is asked for."""

    def __getitem__(self, key: str) -> Any:
        """A parameter, mapping or resource; a resource that does not exist yet is made."""
        if key in self._parsed_resources:
            return self._parsed_resources[key]
        definition = self._resource_json_map[key]
        if not self._wanted(definition):
            return None
        properties, name = self._resolve(key)
        resource = self._make(key, definition["Type"], properties, name)
        self._parsed_resources[key] = resource
        self._applied[key] = properties
        return resource

    def create(self, template: dict[str, Any]) -> bool:
        """Make every resource that the template names."""
        self._template = template
        self._resource_json_map = template["Resources"]
        for logical_id in in_order(self._resource_json_map):
            with self._blaming(logical_id):
                self[logical_id]
        return True

    def update(self, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        """Bring the stack to another template or other parameters, touching only what differs."""
        before = self._resource_json_map
        self._template, self._resource_json_map = template, template["Resources"]
        if parameters is not None:
            self.input_parameters = parameters
        self.load()
        for logical_id in in_order(self._resource_json_map):
            with self._blaming(logical_id):
                self._bring_up_to_date(logical_id)
        gone = {name: definition for name, definition in before.items() if not self._keeps(name)}
        self._delete(gone)

    def delete(self) -> None:
        """Delete what the template does not retain."""
        self._delete(self._resource_json_map)

    @contextmanager
    def _blaming(self, logical_id: str) -> Iterator[None]:
        """Turn whatever goes wrong into an answer that names the resource."""
        try:
            yield
        except ValidationError:
            raise  # from a nested stack, which already names its own
        except Exception as error:
            _log.exception("%s: %s", self["AWS::StackName"], logical_id)
            raise ValidationError(message=f"{logical_id}: {error}") from error

    def _keeps(self, logical_id: str) -> bool:
        definition = self._resource_json_map.get(logical_id)
        return definition is not None and self._wanted(definition)

    def _wanted(self, definition: dict[str, Any]) -> bool:
        condition = definition.get("Condition")
        return not condition or bool(self.lazy_condition_map[condition])

    def _resolve(self, logical_id: str) -> tuple[Properties, str]:
        definition = self._resource_json_map[logical_id]
        properties = _without_nothing(parsing.clean_json(definition.get("Properties", {}), self))
        if '"Fn::' in json.dumps(properties, default=str):
            raise ValueError(f"{logical_id}: {properties} holds a reference that leads nowhere")
        kind = KINDS.get(definition["Type"])
        chosen = properties.get(kind.name) if kind and kind.name else None
        stack = self["AWS::StackName"]
        generated = parsing.generate_resource_name(definition["Type"], stack, logical_id)
        return properties, chosen or generated

    def _make(self, logical_id: str, type_name: str, properties: Properties, name: str) -> Any:
        kind = KINDS.get(type_name)
        if kind is not None:
            client = self.apis.client(kind.service, self._region_name)
            made = kind.create(client, properties, name)
            return Resource(
                type_name=type_name, logical_id=logical_id, kind=kind, client=client, made=made
            )
        model = parsing.resource_class_from_type(type_name)
        if model is None:
            raise NotImplementedError(f"{logical_id}: {type_name} is not emulated")
        resource = model.create_from_cloudformation_json(
            self._named_by_moto(logical_id, name),
            {"Type": type_name, "Properties": properties},
            self._account_id,
            self._region_name,
            LogicalId=logical_id,
            StackId=self.stack_id,
            ResourceType=type_name,
        )
        resource.cf_resource_type, resource.logical_resource_id = type_name, logical_id
        resource.type = type_name
        return resource

    def _named_by_moto(self, logical_id: str, name: str) -> str:
        definition = self._resource_json_map[logical_id]
        return str(
            parsing.parse_resource_and_generate_name(logical_id, definition, self)[2] or name
        )

    def _bring_up_to_date(self, logical_id: str) -> None:
        definition = self._resource_json_map[logical_id]
        if not self._wanted(definition):
            return
        if logical_id not in self._parsed_resources:
            self[logical_id]
            return
        properties, name = self._resolve(logical_id)
        if properties == self._applied[logical_id]:
            return
        resource = self._parsed_resources[logical_id]
        _log.info("%s: %s changes", self["AWS::StackName"], logical_id)
        if isinstance(resource, Resource):
            resource.change(self._applied[logical_id], properties)
        else:
            resource.update_from_cloudformation_json(
                resource, name, {"Properties": properties}, self._account_id, self._region_name
            )
        self._applied[logical_id] = properties

    def _delete(self, definitions: dict[str, Any]) -> None:
        for logical_id in reversed(in_order(definitions)):
            resource = self._parsed_resources.pop(logical_id, None)
            if resource is None or definitions[logical_id].get("DeletionPolicy") in _RETAINED:
                continue
            with self._blaming(logical_id):
                if isinstance(resource, Resource):
                    resource.remove(self._applied[logical_id])
                else:
                    self._delete_resource(resource, definitions[logical_id])


def _without_nothing(node: Any) -> Any:
    """Without what `AWS::NoValue` stood for; moto leaves it in lists."""
    if isinstance(node, dict):
        return {key: _without_nothing(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_without_nothing(item) for item in node if item is not None]
    return node
