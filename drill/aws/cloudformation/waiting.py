"""Wait conditions: a handle that takes signals, and a condition that does not wait for them.

In AWS the condition blocks its stack until the signals arrive. Here nothing boots before the
deployment is over, so it is complete at once; `EmbeddedAws.signals` tells what arrived since.
"""

from typing import Any
from uuid import uuid4

from drill.aws.cloudformation.kind import Kind, Made, Properties
from drill.aws.wait_signals import PATH


def _handle(cloudformation: Any, properties: Properties, name: str) -> Made:
    return Made(id=f"{cloudformation.meta.endpoint_url}{PATH}{name}/{uuid4()}")


def _condition(cloudformation: Any, properties: Properties, name: str) -> Made:
    return Made(id=name, attributes={"Data": "{}"})


KINDS = {
    "AWS::CloudFormation::WaitConditionHandle": Kind(service="cloudformation", create=_handle),
    "AWS::CloudFormation::WaitCondition": Kind(service="cloudformation", create=_condition),
}
