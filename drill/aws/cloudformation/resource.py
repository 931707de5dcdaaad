"""A resource of a stack, in the form in which moto's stacks keep theirs."""

from typing import Any

from moto.core.common_models import CloudFormationModel

from drill.aws.cloudformation.kind import Kind, Made, Properties


class Resource(CloudFormationModel):  # type: ignore[misc] # moto is untyped here
    """Made through an API, and changed or deleted through the same."""

    def __init__(
        self, *, type_name: str, logical_id: str, kind: Kind, client: Any, made: Made
    ) -> None:
        self.type = self.cf_resource_type = type_name
        self.logical_resource_id = logical_id
        self.physical_resource_id = made.id
        self._attributes = made.attributes
        self._kind = kind
        self._client = client

    def get_cfn_attribute(self, attribute: str) -> Any:
        """What `Fn::GetAtt` gives; a name that is not known here fails the stack."""
        if attribute not in self._attributes:
            raise KeyError(f"Fn::GetAtt {self.logical_resource_id}.{attribute} of {self.type}")
        return self._attributes[attribute]

    def is_replaced(self, before: Properties, after: Properties) -> bool:
        """Whether AWS would answer the change with another resource.

        Raises:
            NotImplementedError: when what AWS would do is not emulated.
        """
        return self._kind.answer(before, after) == "replace"

    def change(self, before: Properties, after: Properties) -> None:
        """Bring the resource to new properties without replacing it."""
        interrupts = self._kind.answer(before, after) == "interrupt"
        change = self._kind.interrupt if interrupts else self._kind.update
        if change is None:
            raise NotImplementedError(f"a change of {self.type}")
        change(self._client, self.physical_resource_id, after)

    def remove(self, properties: Properties) -> None:
        """Delete the resource through its API."""
        if self._kind.delete is not None:
            self._kind.delete(self._client, self.physical_resource_id, properties)

    def is_created(self) -> bool:
        """The API calls above are complete when they return."""
        return True
