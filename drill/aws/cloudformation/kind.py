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
    is generated. Without `update`, or for a property that is not `in_place` (nothing there means
    every property is), a change is refused, since AWS would replace the resource and no test should
    take one for the other. Without `delete` there is nothing that outlives its owner.
    """

    service: str
    create: Callable[[Any, Properties, str], Made]
    update: Callable[[Any, str, Properties], None] | None = None
    delete: Callable[[Any, str, Properties], None] | None = None
    in_place: frozenset[str] = frozenset()
    name: str | None = None

    def refuses(self, before: Properties, after: Properties) -> set[str]:
        """The properties whose change cannot be made without a replacement."""
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        if self.update is None:
            return changed
        return changed - self.in_place if self.in_place else changed & {self.name}


def chosen(properties: Properties, *keys: str) -> Properties:
    """The properties that CloudFormation and the API call by the same name."""
    return {key: properties[key] for key in keys if key in properties}
