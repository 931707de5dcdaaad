"""Helm charts made from released manifests, where no registry serves the real chart: pure.

Such a chart takes those values that the project sets (where the pods run, their resources and
security context, the images' tags, the number of replicas) and names the deployment as the real one
does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

Document = dict[str, Any]
_POD = {
    "nodeSelector": "@@.Values.nodeSelector | toJson@@",
    "tolerations": "@@.Values.tolerations | toJson@@",
    "securityContext": "@@.Values.podSecurityContext | toJson@@",
}
_OWN_IMAGE = "OPERATOR_IMAGE_NAME"
_KEEP = {"helm.sh/resource-policy": "keep"}


@dataclass(frozen=True, kw_only=True)
class StandInChart:
    """What a chart adds to a manifest."""

    name: str
    """Of the chart, of the deployment and of the label that network policies select."""
    version: str
    app_version: str
    repository: str
    """Where the project's HelmChart looks for it, such as https://example.org/charts."""
    image: str
    """A template of the deployment's image, which the operator is told of as well."""
    sidecar_image: str = ""
    """A template of the image in a Secret under SIDECAR_IMAGE."""
    values: dict[str, Any] = field(default_factory=dict)
    """Defaults of the values that its templates read."""


def chart_files(chart: StandInChart, manifest: str) -> dict[str, str]:
    """Path in the chart -> content, made from the text of a released manifest."""
    documents = [document for document in yaml.safe_load_all(manifest) if document]
    kept = [_adapted(chart, each) for each in documents if each["kind"] != "Namespace"]
    definitions = [each for each in kept if each["kind"] == "CustomResourceDefinition"]
    others = [each for each in kept if each["kind"] != "CustomResourceDefinition"]
    head = {
        "apiVersion": "v2",
        "name": chart.name,
        "version": chart.version,
        "appVersion": chart.app_version,
    }
    defaults = {
        "nodeSelector": {},
        "tolerations": [],
        "resources": {},
        "replicaCount": 1,
        "podSecurityContext": _security_context(documents),
    }
    return {
        "Chart.yaml": yaml.safe_dump(head),
        "values.yaml": yaml.safe_dump(defaults | chart.values),
        "templates/crds.yaml": _template(definitions),
        "templates/manifest.yaml": _template(others),
    }


def _adapted(chart: StandInChart, document: Document) -> Document:
    kind, meta = document["kind"], document["metadata"]
    if kind == "CustomResourceDefinition":
        return document | {"metadata": meta | {"annotations": meta.get("annotations", {}) | _KEEP}}
    if kind == "Secret" and chart.sidecar_image:
        rest = {key: value for key, value in document.items() if key != "data"}
        return rest | {"stringData": {"SIDECAR_IMAGE": chart.sidecar_image}}
    if kind == "Deployment":
        return document | {
            "metadata": meta | {"name": chart.name},
            "spec": _deployment(chart, document["spec"]),
        }
    return document


def _security_context(documents: Iterable[Document]) -> Document:
    for each in documents:
        if each["kind"] == "Deployment":
            return each["spec"]["template"]["spec"].get("securityContext") or {}
    return {}


def _deployment(chart: StandInChart, spec: Document) -> Document:
    pod = spec["template"]["spec"]
    manager = pod["containers"][0]
    container = manager | {
        "image": chart.image,
        "imagePullPolicy": "IfNotPresent",
        "resources": "@@.Values.resources | toJson@@",
        "env": [_told(chart, variable) for variable in manager.get("env", ())],
    }
    template = spec["template"] | {"spec": pod | _POD | {"containers": [container]}}
    return spec | {"replicas": "@@.Values.replicaCount@@", "template": template}


def _told(chart: StandInChart, variable: Document) -> Document:
    """CloudNativePG starts instances with its own image, which it knows from a variable."""
    return variable | {"value": chart.image} if variable["name"] == _OWN_IMAGE else variable


def _template(documents: Iterable[Document]) -> str:
    """YAML in which only our own expressions are templates, whatever braces the text has."""
    text = yaml.safe_dump_all(documents, width=1_000_000, sort_keys=False)
    text = text.replace("{{", '@@"{{"@@')
    return re.sub(r"'?@@(.*?)@@'?", r"{{ \1 }}", text)
