"""What the provisioning knows about one resource type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Properties = dict[str, Any]
Answer = Literal["update", "interrupt", "replace"]
"""How a change is made; see CloudFormation's reference, "Update behaviors of stack resources"."""


Exists = Callable[[Any, str, Properties], Any]


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
    is generated. Without `delete` there is nothing that outlives its owner. `exists(client, id,
    properties)` is true when the service knows the resource, and gets the properties as they are in
    the template; without it nobody but CloudFormation knows.

    What a change of a property does, as CloudFormation's reference has it: an `in_place` one is
    changed by `update` (nothing there means every property is, apart from the name), an
    `interrupts` one by `interrupt`, one that `replaces` by a new resource before the old one goes.
    A change of the name always replaces. Whatever is in none of them is refused: no test should
    take one for the other. So is a property of a new resource that `create` does not read, unless
    it is known to be `without_effect` here.
    """

    service: str
    exists: Exists | None = None
    create: Callable[[Any, Properties, str], Made]
    update: Callable[[Any, str, Properties], None] | None = None
    delete: Callable[[Any, str, Properties], None] | None = None
    in_place: frozenset[str] = frozenset()
    interrupts: frozenset[str] = frozenset()
    interrupt: Callable[[Any, str, Properties], None] | None = None
    replaces: frozenset[str] = frozenset()
    name: str | None = None
    without_effect: frozenset[str] = frozenset()
    """Properties of what does not happen here: `drill.aws.emulation` says how far it goes."""

    def answer(self, before: Properties, after: Properties) -> Answer:
        """What CloudFormation does about a change.

        Raises:
            NotImplementedError: where that is not emulated.
        """
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        if changed & {*self.replaces, self.name}:
            return "replace"
        known = {*self.in_place, *self.interrupts} or (changed if self.update else set())
        if changed - known:
            raise NotImplementedError(f"what a change of {sorted(changed - known)} does")
        return "interrupt" if changed & self.interrupts else "update"


def listed(operation: str, argument: str, result: str) -> Exists:
    """The question for whatever EC2 lists by its id."""

    def exists(ec2: Any, id: str, properties: Properties) -> Any:
        return getattr(ec2, operation)(**{argument: [id]})[result]

    return exists


def chosen(properties: Properties, *keys: str) -> Properties:
    """The properties that CloudFormation and the API call by the same name."""
    return {key: properties[key] for key in keys if key in properties}
