"""Which resources of the templates exist, as the services themselves tell."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.aws.cloudformation.kinds import KINDS
from drill.aws.embedded_aws import EmbeddedAws

_STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One resource that a template names, and the id that CloudFormation gave it."""

    type: str
    logical_id: str
    stack: str
    region: str
    physical_id: str | None
    properties: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Accounting:
    """What was found; `missing` lists types that are emulated and resources that are not there."""

    resources: int
    created: int
    not_emulated: tuple[str, ...]
    missing: tuple[Expected, ...]
    seconds: float = 0.0
    """How long the deployment took that is accounted for."""

    @property
    def recorded(self) -> int:
        """How many resources are of a type that is not emulated."""
        return self.resources - self.created - len(self.missing)

    def document(self) -> dict[str, Any]:
        """The shape of `build/embedded-aws.json`."""
        return {
            "resources": self.resources,
            "created": self.created,
            "not_emulated": list(self.not_emulated),
            "missing": [
                {"type": lost.type, "logical_id": lost.logical_id, "stack": lost.stack}
                for lost in self.missing
            ],
            "seconds": round(self.seconds, 1),
        }


def account_for(embedded: EmbeddedAws, assembly: Path, stacks: Sequence[str]) -> Accounting:
    """Look for every resource of these stacks and of the stacks nested in them."""
    expected = list(_expected(embedded, assembly, stacks))
    unknown = {one.type for one in expected if not _is_emulated(one.type)}
    missing = [one for one in expected if one.type not in unknown and not _exists(embedded, one)]
    uncounted = sum(one.type in unknown for one in expected)
    return Accounting(
        resources=len(expected),
        created=len(expected) - len(missing) - uncounted,
        not_emulated=tuple(sorted(unknown)),
        missing=tuple(missing),
    )


def _exists(embedded: EmbeddedAws, expected: Expected) -> bool:
    if expected.physical_id is None:
        return False
    if expected.type == _STACK:
        return True  # the resources in it are looked for
    kind = KINDS[expected.type]
    if kind.exists is None:
        return True
    client = embedded.client(kind.service, expected.region)
    try:
        return bool(kind.exists(client, expected.physical_id, expected.properties))
    except client.exceptions.ClientError:
        return False


def _is_emulated(type_name: str) -> bool:
    """Whether it is made, and not only recorded; CloudFormation alone knows its own types."""
    if type_name == _STACK:
        return True
    kind = KINDS.get(type_name)
    return kind is not None and (kind.exists is not None or kind.service == "cloudformation")


def _expected(embedded: EmbeddedAws, assembly: Path, stacks: Sequence[str]) -> Iterator[Expected]:
    artifacts = json.loads((assembly / "manifest.json").read_text("utf-8"))["artifacts"]
    for stack in stacks:
        properties = artifacts[stack]["properties"]
        region = artifacts[stack]["environment"].split("/")[-1]
        name = properties.get("stackName", stack)
        yield from _of_template(embedded, assembly, properties["templateFile"], name, region)


def _of_template(
    embedded: EmbeddedAws, assembly: Path, template_file: str, stack: str, region: str
) -> Iterator[Expected]:
    template = json.loads((assembly / template_file).read_text("utf-8"))
    cloudformation = embedded.client("cloudformation", region)
    physical = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId")
        for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    }
    for logical_id, definition in template["Resources"].items():
        id = physical.get(logical_id)
        yield Expected(
            type=definition["Type"],
            logical_id=logical_id,
            stack=stack,
            region=region,
            physical_id=id,
            properties=definition.get("Properties", {}),
        )
        if definition["Type"] == _STACK and id is not None:
            nested = _nested_template(assembly, definition)
            yield from _of_template(embedded, assembly, nested, id, region)


def _nested_template(assembly: Path, definition: dict[str, Any]) -> str:
    """The file of a nested stack: its template's URL ends in the hash that the assets go by."""
    url = json.dumps(definition["Properties"]["TemplateURL"])
    assets = (json.loads(file.read_text("utf-8")) for file in assembly.glob("*.assets.json"))
    return next(
        str(asset["source"]["path"])
        for document in assets
        for key, asset in document["files"].items()
        if f"{key}.json" in url
    )
