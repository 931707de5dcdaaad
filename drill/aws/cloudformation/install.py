"""Puts the provisioning in the place of moto's."""

from collections.abc import Callable
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.core.responses import ActionResult

from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.stack_resources import StackResources


def install(apis: Apis) -> None:
    """From now on every stack of this process is provisioned by `StackResources`."""
    StackResources.apis = apis
    models.ResourceMap = StackResources
    models.ChangeSet.apply = _apply
    models.Stack.get_cfn_attribute = _nested_output
    models.Stack.update_from_cloudformation_json = staticmethod(_update_nested)
    models.CloudFormationBackend._resolve_update_parameters = _parameters_of_update
    CloudFormationResponse.update_termination_protection = _protect
    delete_stack = models.CloudFormationBackend.delete_stack
    models.CloudFormationBackend.delete_stack = _unless_protected(delete_stack)


def _apply(change_set: Any) -> None:
    """Execute a change set; moto leaves the stack with the outputs of its former template."""
    stack = change_set.stack
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.resource_map.update(stack.template_dict, change_set.parameters)
    stack.output_map = stack._create_output_map()


def _parameters_of_update(
    _: Any, instance: Any, incoming_params: list[dict[str, str]]
) -> dict[str, str]:
    """The parameters of an update, where a previous value may be the template's default.

    moto finds previous values only where they were given, and fails on defaults.
    """
    previous = instance.parameters
    named = {one["ParameterKey"]: one.get("ParameterValue") for one in incoming_params}
    kept = {key: previous[key] for key in named if named[key] is None and key in previous}
    return kept | {key: value for key, value in named.items() if value is not None}


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
    template = get_stack_from_s3_url(properties["TemplateURL"], account_id=account, partition="aws")
    stack.update(template, parameters=properties.get("Parameters", {}))
    return stack


def _protect(response: Any) -> Any:
    """UpdateTerminationProtection, which moto does not have."""
    stack = response.cloudformation_backend.get_stack(response._get_param("StackName"))
    wanted = response._get_param("EnableTerminationProtection")
    stack.enable_termination_protection = str(wanted).lower() == "true"
    return ActionResult({"StackId": stack.stack_id})


def _unless_protected(delete_stack: Callable[..., None]) -> Callable[..., None]:
    """Refuse to delete a protected stack; moto stores the flag and deletes all the same."""

    def delete(backend: Any, name_or_stack_id: str) -> None:
        for stack in backend.stacks.values():
            named = name_or_stack_id in (stack.name, stack.stack_id)
            if named and str(stack.enable_termination_protection).lower() == "true":
                raise ValidationError(
                    message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection "
                    "is enabled"
                )
        delete_stack(backend, name_or_stack_id)

    return delete
