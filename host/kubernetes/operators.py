"""Whether the operators are there and can take orders: pure, from what the API lists."""

from collections.abc import Iterable

from host.kubernetes.kubectl import Object
from host.kubernetes.object_id import ObjectId

CRDS = "customresourcedefinitions.apiextensions.k8s.io"
DEPLOYMENTS = "deployments.apps"
_BUILT_IN = ("batch", "apps", "policy", "autoscaling", "events")


def missing_kinds(items: Iterable[Object], crds: Iterable[Object]) -> tuple[str, ...]:
    """The kinds among `items` that need a CustomResourceDefinition which is not Established."""
    ready = {
        (crd["spec"]["group"], crd["spec"]["names"]["kind"])
        for crd in crds
        if has_condition(crd, "Established")
    }
    needed = {(ObjectId.of(item).group, item["kind"]) for item in items}
    return tuple(
        f"{kind}.{group}"
        for group, kind in sorted(needed - ready)
        if group and group not in _BUILT_IN and not group.endswith(".k8s.io")
    )


def unavailable(deployments: Iterable[Object]) -> tuple[str, ...]:
    """The Deployments that are not Available with their newest template."""
    return tuple(
        item["metadata"]["name"]
        for item in deployments
        if not has_condition(item, "Available")
        or item.get("status", {}).get("observedGeneration", 0) < item["metadata"]["generation"]
    )


def has_condition(item: Object, kind: str) -> bool:
    """Whether a condition of the object's status is True."""
    conditions = item.get("status", {}).get("conditions") or ()
    return any(found["type"] == kind and found["status"] == "True" for found in conditions)
