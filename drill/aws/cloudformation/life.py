"""The life of one stack: created, updated, deleted, and what it is when one of them fails.

What always holds:

- A creation that fails is rolled back to ROLLBACK_COMPLETE; ROLLBACK_FAILED keeps what could not be
  deleted. An update that fails is put back to UPDATE_ROLLBACK_COMPLETE, or ends in
  UPDATE_ROLLBACK_FAILED, after which no update is accepted. A deletion that fails is DELETE_FAILED.
- Only a root stack ends like that. A nested one rolls its own part back and fails its parent, and
  nothing that it replaced is deleted before the root has succeeded.
- The call that began it succeeds; how it ended is the stack's status and its events, as in AWS.
"""

import threading
from contextvars import ContextVar
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from drill.aws.cloudformation.rules import refuse_what_is_not_emulated
from drill.aws.cloudformation.waiting import SIGNALS

is_nested: ContextVar[bool] = ContextVar("is_nested", default=False)
"""Whether the stack that is at work belongs to another."""
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def create(stack: Any) -> None:
    """Make the stack's resources; of one that waits for machines, after the call has returned."""
    if is_nested.get() or not SIGNALS.is_awaited(stack.name):
        _create(stack)
        return
    stack.status = "CREATE_IN_PROGRESS"
    # Whoever asks meanwhile would have the outputs' resources made.
    nothing: dict[str, Any] = {"Outputs": {}}
    stack.output_map = type(stack.output_map)(stack.resource_map, nothing, stack.stack_id)
    threading.Thread(target=_create, args=(stack,), daemon=True).start()


def _create(stack: Any) -> None:
    nested = is_nested.get()
    stack.status = "CREATE_IN_PROGRESS"
    try:
        refuse_what_is_not_emulated(stack.template_dict)
        with _within():
            stack.resource_map.create(stack.template_dict)
    except ValidationError as error:
        _failed(stack, "CREATE_FAILED", error)
        roll_back_creation(stack)
        if nested:
            raise
        return
    stack.output_map = stack._create_output_map()
    stack.mark_creation_complete()


def roll_back_creation(stack: Any) -> None:
    """Delete what a creation made.

    Raises:
        ValidationError: for a nested stack of which something could not be deleted.
    """
    nested = is_nested.get()
    _event(stack, "ROLLBACK_IN_PROGRESS")
    try:
        with _within():
            stack.resource_map.roll_back_creation()
    except ValidationError as error:
        _failed(stack, "ROLLBACK_FAILED", error)
        _keep_only_what_is_left(stack)
        if nested:
            raise
        return
    _keep_only_what_is_left(stack)
    _event(stack, "ROLLBACK_COMPLETE")


def update(stack: Any, template: str, parameters: dict[str, Any] | None) -> None:
    """Bring a root stack to another template or other parameters."""
    if stack.status not in UPDATABLE:
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )
    _event(stack, "UPDATE_IN_PROGRESS")
    try:
        change(stack, template, parameters)
    except ValidationError as error:
        _failed(stack, "UPDATE_ROLLBACK_IN_PROGRESS", error)
        try:
            revert(stack)
        except ValidationError as second:
            _failed(stack, "UPDATE_ROLLBACK_FAILED", second)
            return
        _event(stack, "UPDATE_ROLLBACK_COMPLETE")
        return
    try:
        stack.resource_map.commit()
    except ValidationError as error:
        # What an update leaves behind does not undo it.
        _failed(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", error)
    _event(stack, "UPDATE_COMPLETE")


def change(stack: Any, template: str, parameters: dict[str, Any] | None) -> None:
    """The part of an update that can still be put back, of a root or a nested stack."""
    stack.was = (stack.template, stack.parameters)
    stack.template = template
    stack._parse_template()
    if parameters is not None:
        stack.parameters = parameters
    refuse_what_is_not_emulated(stack.template_dict)
    with _within():
        stack.resource_map.update(stack.template_dict, parameters)
    stack.output_map = stack._create_output_map()


def revert(stack: Any) -> None:
    """Put a root or a nested stack back to what it was before `change`."""
    was, stack.was = getattr(stack, "was", None), None
    if was is None:
        return
    try:
        with _within():
            stack.resource_map.revert()
    finally:
        stack.template, stack.parameters = was
        stack._parse_template()
        stack.output_map = stack._create_output_map()


def delete(stack: Any) -> None:
    """Delete what the stack does not retain.

    Raises:
        ValidationError: for a nested stack of which something could not be deleted.
    """
    _event(stack, "DELETE_IN_PROGRESS")
    try:
        with _within():
            stack.resource_map.delete()
    except ValidationError as error:
        _failed(stack, "DELETE_FAILED", error)
        _keep_only_what_is_left(stack)
        raise
    _event(stack, "DELETE_COMPLETE")


def _keep_only_what_is_left(stack: Any) -> None:
    resources = stack.resource_map
    resources._resource_json_map = {
        name: definition
        for name, definition in resources._resource_json_map.items()
        if name in resources._parsed_resources
    }
    stack.template_dict = {**stack.template_dict, "Outputs": {}}
    stack.output_map = stack._create_output_map()


def _event(stack: Any, status: str) -> None:
    stack.status = status
    stack._add_stack_event(status)


def _failed(stack: Any, status: str, error: ValidationError) -> None:
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=error.message)


class _within:  # noqa: N801 (a context manager)
    """The stacks that are made meanwhile are nested ones."""

    def __enter__(self) -> None:
        self._token = is_nested.set(True)

    def __exit__(self, *_: object) -> None:
        is_nested.reset(self._token)
