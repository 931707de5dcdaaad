"""The resources of one stack: made, changed, replaced and deleted as CloudFormation does it.

What always holds:

- A resource is touched only when its own resolved properties differ from those that were applied.
- A replacement is made before what it replaces is deleted, and nothing is deleted before the whole
  update has succeeded; until then everything can be put back (`revert`).
- What the template retains is deleted neither with its stack nor by leaving a template. What is
  retained except on creation is deleted where the operation that made it is rolled back.
- A resource, attribute or reference that cannot be made or resolved fails the stack.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError

from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.checkpoint import Checkpoint
from drill.aws.cloudformation.dependencies import in_order
from drill.aws.cloudformation.dooms import Dooms
from drill.aws.cloudformation.kind import Properties
from drill.aws.cloudformation.making import make
from drill.aws.cloudformation.removal import Removal
from drill.aws.cloudformation.resolving import resolve
from drill.aws.cloudformation.resource import Resource

_log = logging.getLogger(__name__)


class StackResources(parsing.ResourceMap):  # type: ignore[misc] # moto is untyped here
    """Takes the place of moto's own map of a stack's resources."""

    apis: Apis
    """Set once, when the process starts."""
    dooms: Dooms
    """What a drill wants to fail."""
    input_parameters: Any
    _parsed_resources: dict[str, Any]

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._applied: dict[str, Properties] = {}
        self._before: Checkpoint | None = None

    def validate_outputs(self) -> None:
        """Nothing here: an output that cannot be resolved fails when it is asked for."""

    def __getitem__(self, key: str) -> Any:
        """A parameter, mapping or resource; a resource that does not exist yet is made."""
        if key in self._parsed_resources:
            return self._parsed_resources[key]
        if not self._wanted(self._resource_json_map[key]):
            return None
        self._make(key, *resolve(self, key))
        return self._parsed_resources[key]

    def create(self, template: dict[str, Any]) -> bool:
        """Make every resource that the template names."""
        self._template = template
        self._resource_json_map = template["Resources"]
        for logical_id in in_order(self._resource_json_map):
            with self._blaming(logical_id):
                self[logical_id]
        return True

    def update(self, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        """Bring the stack to another template or other parameters, touching only what differs.

        Nothing is deleted yet: `commit` does that, and `revert` puts everything back.
        """
        self._before = Checkpoint(
            definitions=self._resource_json_map,
            template=self._template,
            parameters=self.input_parameters,
            resources=dict(self._parsed_resources),
            applied=dict(self._applied),
        )
        self._template, self._resource_json_map = template, template["Resources"]
        if parameters is not None:
            self.input_parameters = parameters
        self.load()
        for logical_id in in_order(self._resource_json_map):
            with self._blaming(logical_id):
                self._bring_up_to_date(logical_id)

    def commit(self) -> None:
        """Delete what an update replaced or left out, in nested stacks too."""
        before, self._before = self._before, None
        if before is None:
            return
        for resource in self._nested():
            resource.resource_map.commit()
        old = before.superseded_by(self._parsed_resources, set(self._resource_json_map))
        for logical_id in old:
            if self._parsed_resources.get(logical_id) is before.resources[logical_id]:
                self._parsed_resources.pop(logical_id)
        replaced = set(old) & set(self._resource_json_map)
        self._removal("UpdateReplacePolicy").remove(
            {name: before.definitions[name] for name in replaced}, old, before.applied
        )
        self._removal("DeletionPolicy").remove(
            {name: before.definitions[name] for name in set(old) - replaced}, old, before.applied
        )

    def revert(self) -> None:
        """Put back everything that `update` did, as the rollback of an update does.

        Raises:
            ValidationError: naming what could not be put back; the rest was.
        """
        before, self._before = self._before, None
        if before is None:
            return
        made_now = before.made_since(self._parsed_resources)
        for logical_id in in_order(before.definitions):
            was = before.resources.get(logical_id)
            if was is None or was is not self._parsed_resources.get(logical_id):
                continue
            with self._blaming(logical_id):
                self._change_back(logical_id, was, before)
        definitions = {name: self._resource_json_map[name] for name in made_now}
        self._removal("creation").remove(definitions, made_now, self._applied)
        self._parsed_resources, self._applied = before.resources, before.applied
        self._template, self._resource_json_map = before.template, before.definitions
        self.input_parameters = before.parameters
        self.load()

    def roll_back_creation(self) -> None:
        """Delete all that was made, apart from what is retained in any case.

        Raises:
            ValidationError: naming what could not be deleted.
        """
        self._removal("creation").remove(
            self._resource_json_map, self._parsed_resources, self._applied
        )

    def delete(self) -> None:
        """Delete what the template does not retain."""
        self._removal("DeletionPolicy").remove(
            self._resource_json_map, self._parsed_resources, self._applied
        )

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

    def _wanted(self, definition: dict[str, Any]) -> bool:
        condition = definition.get("Condition")
        return not condition or bool(self.lazy_condition_map[condition])

    def _make(self, logical_id: str, properties: Properties, name: str) -> None:
        self.dooms.strike(self["AWS::StackName"], logical_id)
        made = make(self, self.apis, logical_id, properties, name)
        self._parsed_resources[logical_id] = made
        self._applied[logical_id] = properties

    def _bring_up_to_date(self, logical_id: str) -> None:
        if not self._wanted(self._resource_json_map[logical_id]):
            return
        properties, name = resolve(self, logical_id)
        if logical_id not in self._parsed_resources:
            self._make(logical_id, properties, name)
            return
        was = self._applied[logical_id]
        if properties == was:
            return
        resource = self._parsed_resources[logical_id]
        _log.info("%s: %s changes", self["AWS::StackName"], logical_id)
        if isinstance(resource, Resource) and resource.is_replaced(was, properties):
            self._make(logical_id, properties, name)
            return
        self.dooms.strike(self["AWS::StackName"], logical_id)
        self._change(resource, was, properties, name)
        self._applied[logical_id] = properties

    def _change(self, resource: Any, was: Properties, properties: Properties, name: str) -> None:
        if isinstance(resource, Resource):
            resource.change(was, properties)
        else:
            resource.update_from_cloudformation_json(
                resource, name, {"Properties": properties}, self._account_id, self._region_name
            )

    def _change_back(self, logical_id: str, resource: Any, before: Checkpoint) -> None:
        was, now = before.applied[logical_id], self._applied[logical_id]
        if was == now:
            return
        self.dooms.strike(self["AWS::StackName"], logical_id)
        if isinstance(resource, Resource):
            resource.change(now, was)
        else:
            resource.revert()

    def _nested(self) -> list[Any]:
        return [each for each in self._parsed_resources.values() if hasattr(each, "resource_map")]

    def _removal(self, policy: str) -> Removal:
        return Removal(policy=policy, delete_other=self._delete_resource)
