"""What a stack was before an update: enough to put everything back, or to clean up after it."""

from dataclasses import dataclass
from typing import Any

from drill.aws.cloudformation.kind import Properties


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Taken when an update begins. The resources are the objects themselves, by logical id."""

    definitions: dict[str, Any]
    template: dict[str, Any]
    parameters: Any
    resources: dict[str, Any]
    applied: dict[str, Properties]

    def superseded_by(self, resources: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
        """What an update replaced, or no longer wants."""
        return {
            name: self.resources[name]
            for name in self.definitions
            if name in self.resources
            and (name not in wanted or resources.get(name) is not self.resources[name])
        }

    def made_since(self, resources: dict[str, Any]) -> dict[str, Any]:
        """What an update made, replacements included; parameters are no resources."""
        return {
            name: resource
            for name, resource in resources.items()
            if hasattr(resource, "physical_resource_id")
            and self.resources.get(name) is not resource
        }
