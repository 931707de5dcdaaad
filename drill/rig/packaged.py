"""What k3s packs itself into its manifests folder, as far as the project needs it: pure.

CoreDNS and the class of the local-path provisioner, as k3s v1.36 has them (manifests/coredns.yaml,
manifests/local-storage.yaml). The metrics server is left out: nothing here asks it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from drill.rig.inside.k3s_parts import DNS
from drill.rig.inside.local_path import PROVISIONER

Object = dict[str, Any]
COREDNS_IMAGE = "docker.io/rancher/mirrored-coredns-coredns:1.14.6"
_NAMESPACE = "kube-system"
_LABELS = {"k8s-app": "kube-dns"}
_COREFILE = """\
.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    cache 30
    loop
    reload
    loadbalance
    forward . /etc/resolv.conf
}
"""
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def packaged() -> Mapping[str, Sequence[Object]]:
    """The objects of each file, by its name."""
    return {"coredns.yaml": _coredns(), "local-storage.yaml": [_storage_class()]}


def _coredns() -> Sequence[Object]:
    name = "coredns"
    role = "system:coredns"
    read = [
        {
            "apiGroups": [""],
            "resources": ["endpoints", "services", "pods", "namespaces"],
            "verbs": ["list", "watch"],
        },
        {
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["list", "watch"],
        },
    ]
    rbac = "rbac.authorization.k8s.io"
    return [
        _object("v1", "ServiceAccount", name),
        {**_object(f"{rbac}/v1", "ClusterRole", role, namespace=None), "rules": read},
        {
            **_object(f"{rbac}/v1", "ClusterRoleBinding", role, namespace=None),
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": _NAMESPACE}],
        },
        {**_object("v1", "ConfigMap", name), "data": {"Corefile": _COREFILE}},
        {**_object("apps/v1", "Deployment", name, labels=_LABELS), "spec": _deployment(name)},
        {**_object("v1", "Service", "kube-dns", labels=_LABELS), "spec": _service()},
    ]


def _deployment(account: str) -> Object:
    container = {
        "name": "coredns",
        "image": COREDNS_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 2},
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": 8080},
            "initialDelaySeconds": 60,
        },
    }
    pod = {
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": account,
        "dnsPolicy": "Default",
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": _CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"},
        ],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": _LABELS},
            }
        ],
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    return {
        "selector": {"matchLabels": _LABELS},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": {"metadata": {"labels": _LABELS}, "spec": pod},
    }


def _service() -> Object:
    ports = [
        {"name": name, "port": 53, "protocol": protocol}
        for name, protocol in (("dns", "UDP"), ("dns-tcp", "TCP"))
    ]
    return {"selector": _LABELS, "clusterIP": DNS, "ports": ports}


def _storage_class() -> Object:
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "local-path", "annotations": default},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _object(
    version: str,
    kind: str,
    name: str,
    *,
    namespace: str | None = _NAMESPACE,
    labels: Mapping[str, str] | None = None,
) -> Object:
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {**metadata, **({"labels": dict(labels)} if labels else {})},
    }
