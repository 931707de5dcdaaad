"""The namespaces, each with the Pod Security level that its pods meet."""

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from charts.cert_manager import NAMESPACE as CERT_MANAGER_NAMESPACE
from topology.names import OPERATOR_NAMESPACE, POSTGRES_NAMESPACE

NAMESPACES = (POSTGRES_NAMESPACE, OPERATOR_NAMESPACE, CERT_MANAGER_NAMESPACE)
_ENFORCED = {OPERATOR_NAMESPACE: "privileged"}
"""Its pods meet the restricted level but for a network setting (`charts/cloudnative_pg.py`), which
neither lower level permits. Whatever else a pod there would want is still warned of and audited;
only who administers the cluster makes pods there."""


class Namespaces(cdk8s.Chart):
    """All pods of pgtwin meet the restricted level, and its namespaces demand it, but for one."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        for namespace in NAMESPACES:
            labels = {
                "pod-security.kubernetes.io/enforce": _ENFORCED.get(namespace, "restricted"),
                "pod-security.kubernetes.io/audit": "restricted",
                "pod-security.kubernetes.io/warn": "restricted",
            }
            k8s.KubeNamespace(
                self, namespace, metadata=k8s.ObjectMeta(name=namespace, labels=labels)
            )
