"""Findings of cdk-nag and checkov that stay, each with its reason at the resource that has it.

cdk-nag is told by the CDK's own acknowledgements, which cover a construct and all beneath it.
checkov reads the resource's metadata in the template
(https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html).
"""

from collections.abc import Iterator, Mapping

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct

_CHECKOV = "CKV"


def accept(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept these rules here; `reasons` says why, by the rule as its tool names it."""
    of_nag = {rule: why for rule, why in reasons.items() if not rule.startswith(_CHECKOV)}
    of_checkov = [
        {"id": rule, "comment": why} for rule, why in reasons.items() if rule not in of_nag
    ]
    if of_nag:
        Validations.of(construct).acknowledge(
            *(Acknowledgment(id=rule, reason=why) for rule, why in of_nag.items())
        )
    if of_checkov:
        for resource in _resources(construct):
            resource.add_metadata("checkov", {"skip": of_checkov})


def _resources(construct: IConstruct) -> Iterator[CfnResource]:
    """What a construct stands for in the template: itself, or each of its parts."""
    default = construct.node.default_child
    if isinstance(default, CfnResource):
        yield default
        return
    for part in construct.node.children:
        yield from _resources(part)
