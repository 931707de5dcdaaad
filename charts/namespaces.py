"""The namespaces, each with the Pod Security level that its pods meet."""

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from charts.cert_manager import NAMESPACE as CERT_MANAGER_NAMESPACE
from topology.names import OPERATOR_NAMESPACE, POSTGRES_NAMESPACE

NAMESPACES = (POSTGRES_NAMESPACE, OPERATOR_NAMESPACE, CERT_MANAGER_NAMESPACE)
_RESTRICTED = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
}


class Namespaces(cdk8s.Chart):
    """All pods of pgtwin meet the restricted level, so all of its namespaces demand it."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        for namespace in NAMESPACES:
            k8s.KubeNamespace(
                self, namespace, metadata=k8s.ObjectMeta(name=namespace, labels=_RESTRICTED)
            )
