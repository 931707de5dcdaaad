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
    """The Deployments that do not run with their newest template alone, or are not Available."""
    return tuple(item["metadata"]["name"] for item in deployments if not _runs(item))


def _runs(item: Object) -> bool:
    """Whether all that is asked for runs, and nothing older beside it.

    Available alone says that enough pods are, of whatever template (kubernetes v1.36.4
    pkg/controller/deployment/sync.go, calculateStatus): a new image that never starts would go
    unseen. This is the rule of `kubectl rollout status`.
    """
    status = item.get("status", {})
    newest, wanted = status.get("updatedReplicas", 0), item["spec"].get("replicas", 1)
    return (
        has_condition(item, "Available")
        and status.get("observedGeneration", 0) >= item["metadata"]["generation"]
        and newest >= wanted
        and status.get("replicas", 0) <= newest <= status.get("availableReplicas", 0)
    )


def has_condition(item: Object, kind: str) -> bool:
    """Whether a condition of the object's status is True."""
    conditions = item.get("status", {}).get("conditions") or ()
    return any(found["type"] == kind and found["status"] == "True" for found in conditions)
