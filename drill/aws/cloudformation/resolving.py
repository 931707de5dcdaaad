"""The properties of a resource with every reference of the template filled in."""

import json
from typing import Any

from moto.cloudformation import parsing

from drill.aws.cloudformation.kind import Properties
from drill.aws.cloudformation.kinds import KINDS


def resolve(stack: parsing.ResourceMap, logical_id: str) -> tuple[Properties, str]:
    """The properties, and the name that the template chose or that is made up.

    Raises:
        ValueError: for a reference that leads nowhere.
    """
    definition = stack._resource_json_map[logical_id]
    properties = _without_nothing(parsing.clean_json(definition.get("Properties", {}), stack))
    if '"Fn::' in json.dumps(properties, default=str):
        raise ValueError(f"{logical_id}: {properties} holds a reference that leads nowhere")
    kind = KINDS.get(definition["Type"])
    chosen = properties.get(kind.name) if kind and kind.name else None
    name = stack["AWS::StackName"]
    generated = parsing.generate_resource_name(definition["Type"], name, logical_id)
    return properties, chosen or generated


def _without_nothing(node: Any) -> Any:
    """Without what `AWS::NoValue` stood for; moto leaves it in lists."""
    if isinstance(node, dict):
        return {key: _without_nothing(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_without_nothing(item) for item in node if item is not None]
    return node
