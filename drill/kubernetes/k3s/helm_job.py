"""Which nodes may run the Job of a HelmChart: pure.

As helm-controller v0.17.9 makes it (pkg/controllers/chart/chart.go, job): a chart with `bootstrap`
asks for a server and tolerates what keeps others away from it; without, the Job tolerates nothing
and only prefers a server.
"""

from typing import Any

from drill.kubernetes.resource import Object

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_TOLERATED = {
    ("node.kubernetes.io/not-ready", "NoSchedule"),
    ("node.kubernetes.io/network-unavailable", "NoSchedule"),
    ("node.cloudprovider.kubernetes.io/uninitialized", "NoSchedule"),
    ("CriticalAddonsOnly", "NoSchedule"),
    ("CriticalAddonsOnly", "NoExecute"),
    ("node-role.kubernetes.io/etcd", "NoExecute"),
    (CONTROL_PLANE, "NoSchedule"),
}


def may_run(chart: Object, node: Object) -> bool:
    """Whether the scheduler may bind the Job's pod to the node."""
    bootstrap = bool(chart["spec"].get("bootstrap"))
    tolerated = _TOLERATED if bootstrap else set()
    taints = {(each["key"], each["effect"]) for each in node.get("spec", {}).get("taints") or ()}
    labels = node["metadata"].get("labels") or {}
    wanted = not bootstrap or labels.get(CONTROL_PLANE) == "true"
    return wanted and _is_ready(node) and taints <= tolerated


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
