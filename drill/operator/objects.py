"""The objects that an operator makes for a Cluster: pods, claims, services, the recovery Job."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from drill.kubernetes.objects.owner_reference import owned_by
from drill.kubernetes.resource import Object

SIDECAR = "plugin-barman-cloud"
"""The plugin's container in each database pod (plugin-barman-cloud v0.14.0
internal/cnpgi/operator/lifecycle.go:568)."""


def pod(cluster: Object, name: str, nodes: Sequence[str], *, leads: bool, ready: bool) -> Object:
    """The pod of one instance; they are spread over the nodes."""
    number = int(name.rpartition("-")[2])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            **owned_by(cluster),
            "namespace": cluster["metadata"]["namespace"],
            "labels": {
                "cnpg.io/cluster": cluster["metadata"]["name"],
                "cnpg.io/instanceName": name,
                "cnpg.io/instanceRole": "primary" if leads else "replica",
                "cnpg.io/podRole": "instance",
            },
        },
        "spec": {
            **({"nodeName": nodes[(number - 1) % len(nodes)]} if nodes else {}),
            "containers": [{"name": "postgres", "image": cluster["spec"].get("imageName")}],
            "initContainers": [
                {"name": SIDECAR, "restartPolicy": "Always"}
                for _ in cluster["spec"].get("plugins", ())
            ],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def claims(cluster: Object) -> list[Object]:
    """The PersistentVolumeClaims of the instances."""
    name, spec = cluster["metadata"]["name"], cluster["spec"]
    kinds = {"": ("storage", "PG_DATA"), "-wal": ("walStorage", "PG_WAL")}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": f"{name}-{number}{suffix}",
                **owned_by(cluster),
                "namespace": cluster["metadata"]["namespace"],
                "labels": {
                    "cnpg.io/cluster": name,
                    "cnpg.io/instanceName": f"{name}-{number}",
                    "cnpg.io/pvcRole": role,
                },
            },
            "spec": {
                **(
                    {"storageClassName": spec[storage]["storageClass"]}
                    if "storageClass" in spec[storage]
                    else {}
                ),
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": spec[storage].get("size", "1Gi")}},
            },
            "status": {"phase": "Bound"},
        }
        for number in range(1, spec.get("instances", 1) + 1)
        for suffix, (storage, role) in kinds.items()
        if storage in spec
    ]


def services(cluster: Object) -> list[Object]:
    """The rw service, and those that the Cluster names itself: each leads to the primary."""
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    port = {"name": "postgres", "port": 5432, "protocol": "TCP"}
    leading = {"cnpg.io/cluster": name, "cnpg.io/instanceRole": "primary"}
    managed = cluster["spec"].get("managed", {}).get("services", {}).get("additional", ())
    templates: list[Object] = [{"metadata": {"name": f"{name}-rw"}, "spec": {"ports": [port]}}]
    templates += [each["serviceTemplate"] for each in managed]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": each["metadata"]["name"],
                **owned_by(cluster),
                "namespace": namespace,
                "labels": {"cnpg.io/cluster": name},
            },
            "spec": {**each.get("spec", {}), "selector": leading},
        }
        for each in templates
    ]


def certificates(cluster: Object) -> Object:
    """What the status says of the Cluster's own certificates, which last 90 days."""
    name = cluster["metadata"]["name"]
    made = datetime.fromisoformat(cluster["metadata"]["creationTimestamp"])
    end = f"{made + timedelta(days=90):%Y-%m-%d %H:%M:%S} +0000 UTC"
    return {"expirations": {f"{name}-{each}": end for each in ("ca", "replication", "server")}}


def recovery_job(cluster: Object, *, succeeded: bool) -> Object:
    """The Job that clones a replica, ended one way or the other."""
    of = cluster["metadata"]["name"]
    name = f"{of}-1-full-recovery"
    labels = {
        "cnpg.io/cluster": of,
        "cnpg.io/instanceName": f"{of}-1",
        "cnpg.io/jobRole": "full-recovery",
    }
    container = {"name": "full-recovery", "image": cluster["spec"].get("imageName")}
    pod = {"containers": [container], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            **owned_by(cluster),
            "namespace": cluster["metadata"]["namespace"],
            "labels": labels,
        },
        "spec": {"template": {"metadata": {"labels": labels}, "spec": pod}},
        "status": {
            "conditions": [{"type": "Complete" if succeeded else "Failed", "status": "True"}]
        },
    }
