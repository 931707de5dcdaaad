"""Makes one resource of a stack: through the API of its service, or by moto's own model."""

from typing import Any

from moto.cloudformation import parsing

from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.kind import Properties
from drill.aws.cloudformation.kinds import KINDS
from drill.aws.cloudformation.read_properties import ReadProperties
from drill.aws.cloudformation.resource import Resource


def make(
    stack: parsing.ResourceMap, apis: Apis, logical_id: str, properties: Properties, name: str
) -> Any:
    """The resource, which exists now.

    Raises:
        NotImplementedError: for a type that neither knows, or a property that was passed over.
    """
    definition = stack._resource_json_map[logical_id]
    type_name = definition["Type"]
    kind = KINDS.get(type_name)
    if kind is not None:
        client = apis.client(kind.service, stack._region_name)
        read = ReadProperties(properties)
        made = kind.create(client, read, name)
        resource = Resource(
            type_name=type_name, logical_id=logical_id, kind=kind, client=client, made=made
        )
        passed_over = read.unread - kind.without_effect - {kind.name}
        if passed_over:
            resource.remove(properties)
            raise NotImplementedError(f"{', '.join(sorted(passed_over))} of {type_name}")
        return resource
    model = parsing.resource_class_from_type(type_name)
    if model is None:
        raise NotImplementedError(f"{logical_id}: {type_name} is not emulated")
    named = parsing.parse_resource_and_generate_name(logical_id, definition, stack)[2] or name
    resource = model.create_from_cloudformation_json(
        str(named),
        {"Type": type_name, "Properties": properties},
        stack._account_id,
        stack._region_name,
        LogicalId=logical_id,
        StackId=stack.stack_id,
        ResourceType=type_name,
    )
    resource.cf_resource_type, resource.logical_resource_id = type_name, logical_id
    resource.type = type_name
    return resource
