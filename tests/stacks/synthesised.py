"""A configuration, synthesised in this process, and its templates as CloudFormation sees them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.build_bundle import build_bundle
from stacks.dr_stack import DrStack
from stacks.primary_stack import PrimaryStack
from topology.site import SiteName
from topology.topology import Topology

ROOT = Path(__file__).parents[2]
ACCOUNT = "111122223333"
"""The account in which intrinsics are resolved: AWS' own example id."""
Resource = dict[str, Any]


def cdk_context() -> dict[str, Any]:
    """What the CDK CLI passes on from cdk.json."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


def synthesise(
    topology: Topology,
    folder: Path,
    prepare: Callable[[cdk.App], None] | None = None,
    context: dict[str, Any] | None = None,
) -> "Synthesised":
    """Synthesise both stacks below `folder`; `prepare` sees the app before that.

    `context` is that of cdk.json unless another is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    app = cdk.App(
        outdir=str(folder / "cdk.out"), context=cdk_context() if context is None else context
    )
    primary = build_bundle(topology, "primary", folder)
    dr = build_bundle(topology, "dr", folder)
    PrimaryStack(app, "PrimaryStack", topology=topology, bundle=primary)
    DrStack(app, "DrStack", topology=topology, bundle=dr)
    if prepare:
        prepare(app)
    app.synth()
    return Synthesised(topology=topology, folder=folder)


@dataclass(frozen=True)
class Synthesised:
    """The templates of both sites."""

    topology: Topology
    folder: Path

    def templates(self, site: SiteName) -> dict[str, dict[str, Any]]:
        """The templates of a site by file name, nested ones included."""
        stack = {"primary": "PrimaryStack", "dr": "DrStack"}[site]
        files = sorted((self.folder / "cdk.out").glob(f"{stack}*.template.json"))
        return {file.name: json.loads(file.read_text()) for file in files}

    def resources(self, site: SiteName, kind: str) -> list[Resource]:
        """Every resource of a type, as written in the templates."""
        return [
            resource
            for template in self.templates(site).values()
            for resource in template["Resources"].values()
            if resource["Type"] == kind
        ]

    def properties(self, site: SiteName, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type, with account and joins resolved."""
        region = self.topology.site(site).region
        return [resolve(each.get("Properties", {}), region) for each in self.resources(site, kind)]


def resolve(value: Any, region: str) -> Any:
    """`value` with what is known before a deployment filled in; other references stay."""
    if isinstance(value, list):
        return [resolve(item, region) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in _pseudo(region):
        return _pseudo(region)[value["Ref"]]
    if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        text = value["Fn::Sub"]
        for name, known in _pseudo(region).items():
            text = text.replace(f"${{{name}}}", known)
        return text
    if value.keys() == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        resolved = [resolve(part, region) for part in parts]
        if all(isinstance(part, str) for part in resolved):
            return separator.join(resolved)
    return {key: resolve(item, region) for key, item in value.items()}


def _pseudo(region: str) -> dict[str, str]:
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
    }
