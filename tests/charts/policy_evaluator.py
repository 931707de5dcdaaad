"""Who reaches whom, judged as the API defines it: a small evaluator of NetworkPolicies.

A connection passes where no policy selects the pod in that direction, or one rule allows it.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

METADATA = "169.254.169.254"
Policies = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Pod:
    """One end of a connection inside the cluster."""

    namespace: str = "postgres"
    labels: dict[str, str] = field(default_factory=dict)
    address: str = "10.42.1.7"


DATABASE = Pod(labels={"cnpg.io/cluster": "postgres-cluster", "cnpg.io/podRole": "instance"})
PEER = Pod(labels=DATABASE.labels, address="10.42.2.9")
RESTORED = Pod(labels={"cnpg.io/cluster": "restored-1", "cnpg.io/jobRole": "full-recovery"})
DUMP = Pod(labels={"app.kubernetes.io/name": "dump"})
OPERATOR = Pod(namespace="cnpg-system", labels={"app.kubernetes.io/name": "cloudnative-pg"})
PLUGIN = Pod(namespace="cnpg-system", labels={"app.kubernetes.io/name": "plugin-barman-cloud"})
PROMETHEUS = Pod(namespace="monitoring", labels={"app": "prometheus"})
INTRUDER = Pod(labels={"app": "intruder"})
STRANGERS = [Pod(namespace=name) for name in ("default", "kube-system", "cert-manager")]
CERT_MANAGER = Pod(namespace="cert-manager", labels={"app.kubernetes.io/name": "webhook"})
METRICS_SERVER = Pod(namespace="kube-system", labels={"k8s-app": "metrics-server"})
HELM_JOB = Pod(namespace="kube-system", labels={"helmcharts.helm.cattle.io/chart": "cert-manager"})
COREDNS = Pod(namespace="kube-system", labels={"k8s-app": "kube-dns"})
SERVERS = {"primary": "10.0.1.5", "dr": "10.1.1.5"}
S3 = "52.218.0.1"
INTERNET = "198.51.100.4"


def reaches(policies: Policies, source: Pod | str, target: Pod | str, port: int) -> bool:
    """Whether both the source's egress and the target's ingress let the connection pass."""
    leaves = isinstance(source, str) or _passes(policies, source, "egress", target, port)
    enters = isinstance(target, str) or _passes(policies, target, "ingress", source, port)
    return leaves and enters


def _passes(policies: Policies, pod: Pod, direction: str, other: Pod | str, port: int) -> bool:
    selecting = [
        policy["spec"]
        for policy in policies
        if policy["metadata"]["namespace"] == pod.namespace
        and _selects(policy["spec"]["podSelector"], pod.labels)
        and direction.capitalize() in policy["spec"]["policyTypes"]
    ]
    if not selecting:
        return True
    rules = (rule for spec in selecting for rule in spec.get(direction, []))
    return any(_allows(rule, direction, pod, other, port) for rule in rules)


def _allows(rule: dict[str, Any], direction: str, pod: Pod, other: Pod | str, port: int) -> bool:
    peers = rule["from" if direction == "ingress" else "to"]
    ports = {p["port"] for p in rule.get("ports", [{"port": port}])}
    return port in ports and any(_is(peer, pod, other) for peer in peers)


def _is(peer: dict[str, Any], pod: Pod, other: Pod | str) -> bool:
    if "ipBlock" in peer:
        address = ip_address(other if isinstance(other, str) else other.address)
        block = peer["ipBlock"]
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(excluded) for excluded in block.get("except", [])
        )
    if isinstance(other, str):
        return False
    namespace = peer.get("namespaceSelector")
    wanted = {"kubernetes.io/metadata.name": other.namespace}
    in_namespace = (
        other.namespace == pod.namespace if namespace is None else _selects(namespace, wanted)
    )
    return in_namespace and _selects(peer.get("podSelector", {}), other.labels)


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    for expression in selector.get("matchExpressions", []):
        value = labels.get(expression["key"])
        if expression["operator"] == "Exists" and value is None:
            return False
        if expression["operator"] == "NotIn" and value in expression["values"]:
            return False
    return True
