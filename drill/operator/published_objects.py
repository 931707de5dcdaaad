"""The objects that CloudNativePG makes beside a Cluster: pods, claims, services, its CA."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drill.kubernetes import scripted_objects
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.instance import Instance


def publish(
    api: ClusterApi,
    cluster: Object,
    instances: Sequence[Instance],
    *,
    nodes: Sequence[str],
    ca: Path,
) -> None:
    """Bring them to what the instances are; what is right already is left alone."""
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    if api.get("Service", f"{name}-rw", namespace) is None:
        claims, services = scripted_objects.claims(cluster), scripted_objects.services(cluster)
        for item in (*claims, *services, _ca_secret(cluster, ca)):
            api.apply(item)
    ready = {instance.name: instance.running for instance in instances}
    for pod in scripted_objects.pods(cluster, list(nodes), ready=True):
        pod_name = pod["metadata"]["name"]
        if pod_name not in ready:
            continue
        if api.get("Pod", pod_name, namespace) is None:
            api.apply(pod)
        status = _pod_status(ready[pod_name])
        if (api.get("Pod", pod_name, namespace) or {}).get("status") != status:
            api.patch_status("Pod", pod_name, status, namespace)


def _pod_status(ready: bool) -> dict[str, Any]:
    return {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
    }


def _ca_secret(cluster: Object, ca: Path) -> Object:
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    owner = scripted_objects.claims(cluster)[0]["metadata"]["ownerReferences"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-ca", "namespace": namespace, "ownerReferences": owner},
        "data": {"ca.crt": base64.b64encode(ca.read_bytes()).decode()},
    }
