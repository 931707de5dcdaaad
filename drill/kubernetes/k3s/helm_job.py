"""The Job of a HelmChart, and which nodes may run it: pure.

As helm-controller v0.17.9 makes it (pkg/controllers/chart/chart.go, job): a chart with `bootstrap`
asks for a server and tolerates what keeps others away from it; without, the Job tolerates nothing
and only prefers a server.
"""

import base64
import hashlib
import json
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
_NAMESPACE = "kube-system"
HASH = "helmcharts.helm.cattle.io/configHash"
"""The label by which the controller tells of which state of a HelmChart a release is."""


def config_hash(chart: Object) -> str:
    """What tells one state of a HelmChart from another."""
    return hashlib.sha256(json.dumps(chart["spec"], sort_keys=True).encode()).hexdigest()[:63]


def objects(chart: Object) -> tuple[Object, Object]:
    """The Secret with a HelmChart's values, and the Job that installs or upgrades it."""
    name, spec = chart["metadata"]["name"], chart["spec"]
    values = base64.b64encode(spec.get("valuesContent", "").encode()).decode()
    environment = {"VERSION": spec.get("version", ""), "CONFIG_HASH": config_hash(chart)}
    container = {
        "name": "helm",
        "image": "klipper-helm",
        "env": [{"name": key, "value": value} for key, value in environment.items()],
    }
    pod = {"restartPolicy": "OnFailure", "containers": [container]}
    return (
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"chart-values-{name}", "namespace": _NAMESPACE},
            "data": {"HelmChartValuesContent": values},
        },
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": f"helm-install-{name}", "namespace": _NAMESPACE},
            "spec": {"template": {"spec": pod}},
        },
    )


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
