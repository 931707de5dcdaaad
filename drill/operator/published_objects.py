"""The objects that CloudNativePG makes beside a Cluster: pods, claims, services, its CA."""

import base64
from collections.abc import Sequence
from pathlib import Path

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.objects.owner_reference import owned_by
from drill.kubernetes.resource import Object
from drill.operator import claims, objects
from drill.operator.managed_instance import ManagedInstance


def publish(
    api: ClusterApi,
    cluster: Object,
    instances: Sequence[ManagedInstance],
    *,
    nodes: Sequence[str],
    ca: Path | None,
) -> None:
    """Bring them to what the instances are, the primary first; what is right is left alone.

    `ca` is the authority that the operator made, None where the Cluster names one.
    """
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    if api.get("Service", f"{name}-rw", namespace) is None:
        claims.make(api, cluster)
        own = [_ca_secret(cluster, ca)] if ca else []
        for item in (*objects.services(cluster), *own):
            api.apply(item)
    for each in instances:
        pod = objects.pod(cluster, each.name, nodes, leads=each is instances[0], ready=each.ready)
        _publish_pod(api, pod, each)


def _publish_pod(api: ClusterApi, pod: Object, managed: ManagedInstance) -> None:
    name, namespace = managed.name, pod["metadata"]["namespace"]
    if managed.pod == "gone":
        api.delete("Pod", name, namespace)
        return
    found = api.get("Pod", name, namespace)
    if found is None and managed.published:
        managed.lose_pod()
        return
    managed.published = True
    if found is None or found["metadata"].get("labels") != pod["metadata"]["labels"]:
        found = api.apply(pod)
    if found.get("status") != pod["status"]:
        api.patch_status("Pod", name, pod["status"], namespace)


def _ca_secret(cluster: Object, ca: Path) -> Object:
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-ca", "namespace": namespace, **owned_by(cluster)},
        "data": {"ca.crt": base64.b64encode(ca.read_bytes()).decode()},
    }
