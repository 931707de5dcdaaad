"""Who talks to whom: the ends and ports that network policies are written with."""

from cdk8s_plus_28 import k8s

from topology.names import OPERATOR_NAMESPACE

POSTGRES, INSTANCE_STATUS, POSTGRES_METRICS, POOLER_METRICS = 5432, 8000, 9187, 9127
KUBERNETES_API, HTTPS, DNS, METADATA = 6443, 443, 53, 80
EVERYWHERE = "0.0.0.0/0"
INSTANCE_METADATA = "169.254.169.254/32"
LINK_LOCAL = "169.254.0.0/16"
_NAMESPACE_NAME = "kubernetes.io/metadata.name"
MONITORING_NAMESPACE = "monitoring"
"""Where a Prometheus, if there is one, is expected to run."""


def tcp(*numbers: int) -> list[k8s.NetworkPolicyPort]:
    """TCP ports."""
    return [_port(number, "TCP") for number in numbers]


def dns() -> list[k8s.NetworkPolicyPort]:
    """DNS over both of its protocols."""
    return [_port(DNS, "UDP"), _port(DNS, "TCP")]


def network(cidr: str, *, without: tuple[str, ...] = ()) -> k8s.NetworkPolicyPeer:
    """Addresses by range."""
    return k8s.NetworkPolicyPeer(
        ip_block=k8s.IpBlock(cidr=cidr, except_=list(without) if without else None)
    )


def pods(selector: k8s.LabelSelector, *, namespace: str | None = None) -> k8s.NetworkPolicyPeer:
    """Pods of the policy's own namespace, or of another."""
    return k8s.NetworkPolicyPeer(
        pod_selector=selector,
        namespace_selector=_namespace(namespace) if namespace else None,
    )


def every_pod_of(namespace: str) -> k8s.NetworkPolicyPeer:
    """All pods of a namespace."""
    return k8s.NetworkPolicyPeer(namespace_selector=_namespace(namespace))


def pods_outside(*namespaces: str) -> k8s.NetworkPolicyPeer:
    """The pods of every namespace but these."""
    others = k8s.LabelSelectorRequirement(
        key=_NAMESPACE_NAME, operator="NotIn", values=list(namespaces)
    )
    return k8s.NetworkPolicyPeer(
        namespace_selector=k8s.LabelSelector(match_expressions=[others] if namespaces else None)
    )


def pods_with(labels: dict[str, str]) -> k8s.LabelSelector:
    """The pods that carry these labels."""
    return k8s.LabelSelector(match_labels=labels)


def _namespace(name: str) -> k8s.LabelSelector:
    return pods_with({_NAMESPACE_NAME: name})


def _port(number: int, protocol: str) -> k8s.NetworkPolicyPort:
    return k8s.NetworkPolicyPort(port=k8s.IntOrString.from_number(number), protocol=protocol)


OPERATOR = pods(
    pods_with({"app.kubernetes.io/name": "cloudnative-pg"}), namespace=OPERATOR_NAMESPACE
)
CLUSTER_DNS = pods(pods_with({"k8s-app": "kube-dns"}), namespace="kube-system")
