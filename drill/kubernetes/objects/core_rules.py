"""What Kubernetes refuses of its own kinds beyond their schemas, where our manifests come near it.

In the words of kubernetes v1.36.4 pkg/apis/*/validation; `tests/contract` compares them.
"""

import re
from collections.abc import Iterator
from typing import Any

from drill.kubernetes.admission.cluster_values import invalid
from drill.kubernetes.objects.write_request import WriteRequest
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_ALLOWED: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {
    "CronJob": {("spec", "concurrencyPolicy"): ("Allow", "Forbid", "Replace")},
    "StorageClass": {("reclaimPolicy",): ("Delete", "Retain")},
    "NetworkPolicy": {("spec", "policyTypes"): ("Ingress", "Egress")},
}
_PODS = {
    "PodTemplate": ("template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_CRON_FIELDS = 5


def refuse_broken_rules(request: WriteRequest) -> None:
    """Hold a write of a kind of Kubernetes to its rules.

    Raises:
        StatusError: 422 with every broken rule.
    """
    if request.subresource:
        return
    problems = list(_broken(request.resource.kind, request.new))
    if problems:
        raise StatusError.invalid(request.resource, request.name, *problems)


def _broken(kind: str, new: Object) -> Iterator[str]:
    for path, allowed in _ALLOWED.get(kind, {}).items():
        yield from _unsupported(".".join(path), _at(new, path), allowed)
    if kind in _PODS and not _at(new, (*_PODS[kind], "containers")):
        yield f"{'.'.join(_PODS[kind])}.containers: Required value"
    if kind == "CronJob":
        yield from _schedule(str(new["spec"]["schedule"]))
    if kind == "Namespace" and not _LABEL.fullmatch(new["metadata"]["name"]):
        told = (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character (e.g. 'my-name',  or "
            "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        )
        yield invalid("metadata.name", new["metadata"]["name"], told)


def _unsupported(path: str, value: Any, allowed: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _unsupported(f"{path}[{index}]", each, allowed)
    elif value is not None and value not in allowed:
        known = ", ".join(f'"{each}"' for each in allowed)
        yield f'{path}: Unsupported value: "{value}": supported values: {known}'


def _schedule(schedule: str) -> Iterator[str]:
    fields = schedule.split()
    if len(fields) != _CRON_FIELDS and not schedule.startswith("@"):
        told = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        yield invalid("spec.schedule", schedule, told)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
