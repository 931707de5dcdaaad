"""Deletes resources as their policies allow, in the order of their dependencies."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from drill.aws.cloudformation.dependencies import in_order, needs
from drill.aws.cloudformation.kind import Properties
from drill.aws.cloudformation.resource import Resource

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Removal:
    """One sweep; `policy` says what it obeys.

    `DeletionPolicy` and `UpdateReplacePolicy` keep what says so. `creation` rolls back what an
    operation made: there RetainExceptOnCreate is no reason to keep anything (CloudFormation's
    reference, "DeletionPolicy attribute"). That this also holds inside a nested stack is assumed.
    """

    policy: str
    delete_other: Callable[[Any, dict[str, Any]], None]
    """Deletes what moto made by itself."""

    def remove(
        self,
        definitions: Mapping[str, Any],
        resources: dict[str, Any],
        applied: Mapping[str, Properties],
    ) -> None:
        """Delete the resources of these definitions, and take them out of `resources`.

        What a resource that stays depends on is left as well.

        Raises:
            ValidationError: naming everything that could not be deleted.
        """
        failed: dict[str, str] = {}
        held: set[str] = set()
        for name in reversed(in_order(dict(definitions))):
            resource = resources.get(name)
            if resource is None:
                continue
            if not self._keeps(definitions[name]) and name not in held:
                try:
                    self._delete(resource, definitions[name], applied.get(name, {}))
                except Exception as error:
                    _log.exception("%s could not be deleted", name)
                    failed[name] = str(error)
                    held |= needs(definitions[name])
                    continue
            elif name in held:
                held |= needs(definitions[name])
                continue
            resources.pop(name)
        if failed:
            told = "; ".join(f"{name}: {why}" for name, why in failed.items())
            raise ValidationError(message=f"The following resource(s) failed to delete: {told}")

    def _keeps(self, definition: dict[str, Any]) -> bool:
        if self.policy == "creation":
            return definition.get("DeletionPolicy") == "Retain"
        return definition.get(self.policy) in {"Retain", "RetainExceptOnCreate"}

    def _delete(self, resource: Any, definition: dict[str, Any], properties: Properties) -> None:
        if isinstance(resource, Resource):
            resource.remove(properties)
        elif self.policy == "creation" and hasattr(resource, "roll_back_creation"):
            resource.roll_back_creation()
        else:
            self.delete_other(resource, definition)
