"""Wait conditions: a handle that takes signals, and a condition.

In AWS the condition blocks its stack until the signals arrive. Here it does so in the stacks of
which a drill asks it, since it boots their machines meanwhile (`EmbeddedAws.wait_for_signals`);
anywhere else it is complete at once, and `EmbeddedAws.signals` tells what arrived since.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from drill.aws.cloudformation.kind import Kind, Made, Properties
from drill.aws.wait_signals import PATH, WaitSignals

SIGNALS = WaitSignals()
"""Those of this process."""


def _handle(cloudformation: Any, properties: Properties, name: str) -> Made:
    return Made(id=f"{cloudformation.meta.endpoint_url}{PATH}{name}/{uuid4()}")


def _condition(cloudformation: Any, properties: Properties, name: str) -> Made:
    if SIGNALS.is_awaited(name):
        SIGNALS.wait(
            name,
            urlsplit(properties["Handle"]).path,
            count=int(properties.get("Count", 1)),
            seconds=float(properties["Timeout"]),
        )
    return Made(id=name, attributes={"Data": "{}"})


KINDS = {
    "AWS::CloudFormation::WaitConditionHandle": Kind(service="cloudformation", create=_handle),
    "AWS::CloudFormation::WaitCondition": Kind(
        service="cloudformation",
        create=_condition,
        without_effect=frozenset({"Count", "Handle", "Timeout"}),
    ),
}
