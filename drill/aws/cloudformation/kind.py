"""What the provisioning knows about one resource type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource that exists: what `Ref` gives, and what `Fn::GetAtt` gives."""

    id: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How resources of one type are made, changed and deleted through the service's API.

    `create(client, properties, name)`, `update(client, id, properties)`, `delete(client, id,
    properties)`. `name` is the property that names the resource; without a value for it the name
    is generated. Without `update` a change is refused, since AWS would replace the resource and no
    test should take one for the other. Without `delete` there is nothing that outlives its owner.
    """

    service: str
    create: Callable[[Any, Properties, str], Made]
    update: Callable[[Any, str, Properties], None] | None = None
    delete: Callable[[Any, str, Properties], None] | None = None
    name: str | None = None


def chosen(properties: Properties, *keys: str) -> Properties:
    """The properties that CloudFormation and the API call by the same name."""
    return {key: properties[key] for key in keys if key in properties}
