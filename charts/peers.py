"""Who talks to whom: the ends and ports that network policies are written with."""

from cdk8s_plus_28 import k8s

from topology.names import OPERATOR_NAMESPACE

POSTGRES, INSTANCE_STATUS, POSTGRES_METRICS, POOLER_METRICS = 5432, 8000, 9187, 9127
KUBERNETES_API, HTTPS, DNS, METADATA = 6443, 443, 53, 80
OPERATOR_WEBHOOK, PLUGIN, CERT_MANAGER_WEBHOOK, METRICS_API = 9443, 9090, 10250, 10250
"""Where they listen: cloudnative-pg v1.30.0 config/manager/manager.yaml, plugin-barman-cloud
v0.14.0 manifest.yaml, cert-manager v1.21.0 values.yaml, k3s manifests/metrics-server."""
OPERATOR_METRICS = (8080, 9402)
"""Of CloudNativePG, and of cert-manager; the plugin has none (v0.14.0 internal/cmd/operator)."""
DNS_METRICS = 9153
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


def enter(
    who: list[k8s.NetworkPolicyPeer], ports: list[k8s.NetworkPolicyPort] | None = None
) -> k8s.NetworkPolicyIngressRule:
    """Let them in, by every port where none is named."""
    return k8s.NetworkPolicyIngressRule(from_=who, ports=ports)


def leave(
    whom: list[k8s.NetworkPolicyPeer], ports: list[k8s.NetworkPolicyPort] | None = None
) -> k8s.NetworkPolicyEgressRule:
    """Let out to them, by every port where none is named."""
    return k8s.NetworkPolicyEgressRule(to=whom, ports=ports)


def _namespace(name: str) -> k8s.LabelSelector:
    return pods_with({_NAMESPACE_NAME: name})


def _port(number: int, protocol: str) -> k8s.NetworkPolicyPort:
    return k8s.NetworkPolicyPort(port=k8s.IntOrString.from_number(number), protocol=protocol)


PROMETHEUS = every_pod_of(MONITORING_NAMESPACE)
OPERATOR_LABELS = {"app.kubernetes.io/name": "cloudnative-pg"}
DNS_LABELS = {"k8s-app": "kube-dns"}
OPERATOR = pods(pods_with(OPERATOR_LABELS), namespace=OPERATOR_NAMESPACE)
CLUSTER_DNS = pods(pods_with(DNS_LABELS), namespace="kube-system")
