"""Puts the provisioning in the place of moto's."""

from typing import Any

from moto.cloudformation import models
from moto.cloudformation.utils import get_stack_from_s3_url

from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.stack_resources import StackResources


def install(apis: Apis) -> None:
    """From now on every stack of this process is provisioned by `StackResources`."""
    StackResources.apis = apis
    models.ResourceMap = StackResources
    models.ChangeSet.apply = _apply
    models.Stack.get_cfn_attribute = _nested_output
    models.Stack.update_from_cloudformation_json = staticmethod(_update_nested)


def _apply(change_set: Any) -> None:
    """Execute a change set; moto leaves the stack with the outputs of its former template."""
    stack = change_set.stack
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.resource_map.update(stack.template_dict, change_set.parameters)
    stack.output_map = stack._create_output_map()


def _nested_output(stack: Any, attribute: str) -> Any:
    """`Fn::GetAtt Nested.Outputs.Name`, which moto's stacks do not know."""
    name = attribute.removeprefix("Outputs.")
    output = stack.output_map[name]
    if output is None:
        raise KeyError(f"{stack.name} has no output {name}")
    return output.value


def _update_nested(
    stack: Any, name: str, definition: dict[str, Any], account: str, region: str
) -> Any:
    """Change a nested stack in place; moto deletes it and makes a new one."""
    properties = definition["Properties"]
    template = get_stack_from_s3_url(
        properties["TemplateURL"], account_id=account, partition="aws"
    )
    stack.update(template, parameters=properties.get("Parameters", {}))
    return stack
