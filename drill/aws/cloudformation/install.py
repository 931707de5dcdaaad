"""Puts the provisioning in the place of moto's."""

from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.core.responses import ActionResult

from drill.aws.cloudformation import life
from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.dooms import Dooms
from drill.aws.cloudformation.stack_resources import StackResources


def install(apis: Apis, dooms: Dooms) -> None:
    """From now on every stack of this process is provisioned by `StackResources`."""
    StackResources.apis, StackResources.dooms = apis, dooms
    models.ResourceMap = StackResources
    models.Stack.create_resources = life.create
    models.Stack.roll_back_creation = _roll_back_nested
    models.Stack.update = _update
    models.Stack.revert = life.revert
    models.Stack.delete = life.delete
    models.Stack.get_cfn_attribute = _nested_output
    models.Stack.create_from_cloudformation_json = staticmethod(_create_nested)
    models.Stack.update_from_cloudformation_json = staticmethod(_update_nested)
    models.CloudFormationBackend.execute_change_set = _execute
    models.CloudFormationBackend._resolve_update_parameters = _parameters_of_update
    models.CloudFormationBackend.delete_stack = _delete_stack
    CloudFormationResponse.update_termination_protection = _protect


def _execute(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
    """Execute a change set; moto knows no failure, and keeps the former template's outputs."""
    change_set = next(
        each
        for each in backend.change_sets.values()
        if change_set_name in (each.change_set_id, each.change_set_name)
        and stack_name in (None, each.stack_id, each.stack_name)
    )
    stack = backend.stacks[change_set.stack_id]
    if change_set.change_set_type == "CREATE":
        stack.template, stack.parameters = change_set.template, change_set.parameters
        stack._parse_template()
        stack.resource_map = stack._create_resource_map()
        life.create(stack)
    else:
        life.update(stack, change_set.template, change_set.parameters)
    change_set.execution_status = "EXECUTE_COMPLETE"


def _update(
    stack: Any,
    template: str,
    role_arn: str | None = None,
    parameters: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    life.update(stack, template, parameters)


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


def _create_nested(
    name: str, definition: dict[str, Any], account: str, region: str, **_: Any
) -> Any:
    """Make a nested stack; what a failed one could not take back stays known by its name."""
    properties = definition["Properties"]
    template = get_stack_from_s3_url(properties["TemplateURL"], account_id=account, partition="aws")
    backend = models.cloudformation_backends[account][region]
    try:
        return backend.create_stack(
            name=name, template=template, parameters=properties.get("Parameters", {})
        )
    except ValidationError:
        for id, stack in list(backend.stacks.items()):
            if stack.name == name and stack.status == "ROLLBACK_COMPLETE":
                backend.stacks.pop(id)
        raise


def _roll_back_nested(stack: Any) -> None:
    """Take back a nested stack whose parent's creation failed."""
    life.roll_back_creation(stack)
    models.cloudformation_backends[stack.account_id][stack.region_name].stacks.pop(stack.stack_id)


def _update_nested(
    stack: Any, name: str, definition: dict[str, Any], account: str, region: str
) -> Any:
    """Change a nested stack in place; moto deletes it and makes a new one."""
    properties = definition["Properties"]
    template = get_stack_from_s3_url(properties["TemplateURL"], account_id=account, partition="aws")
    try:
        life.change(stack, template, properties.get("Parameters", {}))
    except ValidationError:
        life.revert(stack)
        raise
    return stack


def _protect(response: Any) -> Any:
    """UpdateTerminationProtection, which moto does not have."""
    stack = response.cloudformation_backend.get_stack(response._get_param("StackName"))
    wanted = response._get_param("EnableTerminationProtection")
    stack.enable_termination_protection = str(wanted).lower() == "true"
    return ActionResult({"StackId": stack.stack_id})


def _delete_stack(backend: Any, name_or_stack_id: str) -> None:
    """Refuse a protected stack, which moto deletes anyway; keep one that cannot be deleted."""
    for stack in list(backend.stacks.values()):
        if name_or_stack_id not in (stack.name, stack.stack_id):
            continue
        if str(stack.enable_termination_protection).lower() == "true":
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is "
                "enabled"
            )
        nested = life.is_nested.get()
        try:
            stack.delete()
        except ValidationError:
            if nested:
                raise
            return
        backend.stacks.pop(stack.stack_id)
        backend.deleted_stacks[stack.stack_id] = stack
