"""What a template may ask of CloudFormation that is not emulated: refused, never passed over."""

from collections.abc import Iterator
from typing import Any

from moto.cloudformation.exceptions import ValidationError

_BOOTSTRAPPED = "CheckBootstrapVersion"
_POLICIES = {"Delete", "Retain", "RetainExceptOnCreate"}


def refuse_what_is_not_emulated(template: dict[str, Any]) -> None:
    """Look at a template before anything of it is made.

    Raises:
        ValidationError: naming each thing that would need a rule that is left out
            (`drill.aws.emulation.NOT_EMULATED`).
    """
    found = list(_problems(template))
    if found:
        raise ValidationError(message=f"the embedded AWS does not emulate: {'; '.join(found)}")


def _problems(template: dict[str, Any]) -> Iterator[str]:
    yield from (f"the section {name}" for name in ("Transform", "Hooks") if name in template)
    yield from (f"the rule {name}" for name in template.get("Rules", {}) if name != _BOOTSTRAPPED)
    for name, definition in template.get("Resources", {}).items():
        for attribute in ("CreationPolicy", "UpdatePolicy"):
            if attribute in definition:
                yield f"{name}: {attribute}"
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
            if definition.get(attribute, "Delete") not in _POLICIES:
                yield f"{name}: {attribute} {definition[attribute]}"
