"""Who reaches the namespaces beside `postgres`, and what they reach; everything else is refused.

- The empty ones that Kubernetes makes: a pod there has no network.
- The operators are called by the API server, reach it and each other, and reach of the database the
  ports on which instances are managed.
- `kube-system` is k3s' own. CoreDNS asks the VPC's resolver, so its pods may leave it, but neither
  for the database nor for the instance metadata. Only CoreDNS and the metrics server are reached.

The kubelet's probes need no rule: a machine always reaches its own pods.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cdk8s_plus_28 import k8s

from charts import peers
from charts.cert_manager import NAMESPACE as CERT_MANAGER_NAMESPACE
from charts.peers import enter, leave, tcp
from topology.names import OPERATOR_NAMESPACE, POSTGRES_NAMESPACE
from topology.rules.networks import KUBERNETES_CIDRS
from topology.site import Site

EMPTY = ("default", "kube-public", "kube-node-lease")
SYSTEM_NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One NetworkPolicy; it says nothing about a direction that is None."""

    namespace: str
    name: str
    pods: k8s.LabelSelector = field(default_factory=k8s.LabelSelector)
    """All pods of the namespace where none are named."""
    ingress: tuple[k8s.NetworkPolicyIngressRule, ...] | None = None
    egress: tuple[k8s.NetworkPolicyEgressRule, ...] | None = None


def other_namespaces(site: Site) -> Iterator[Policy]:
    """The policies of every namespace of a site but the database's."""
    for namespace in (*EMPTY, SYSTEM_NAMESPACE, OPERATOR_NAMESPACE, CERT_MANAGER_NAMESPACE):
        yield Policy(namespace=namespace, name="default-deny", ingress=(), egress=())
    yield from _system(site)
    for namespace in (OPERATOR_NAMESPACE, CERT_MANAGER_NAMESPACE):
        yield _controllers(site, namespace)
    yield from _operators(site)
    yield Policy(
        namespace=CERT_MANAGER_NAMESPACE,
        name="webhook",
        ingress=(enter(_machines(site), tcp(peers.CERT_MANAGER_WEBHOOK)),),
    )


def _system(site: Site) -> Iterator[Policy]:
    outside = peers.network(
        peers.EVERYWHERE, without=(KUBERNETES_CIDRS[0], peers.INSTANCE_METADATA)
    )
    yield Policy(
        namespace=SYSTEM_NAMESPACE,
        name="outside-postgres",
        egress=(leave([outside, peers.pods_outside(POSTGRES_NAMESPACE)]),),
    )
    yield Policy(
        namespace=SYSTEM_NAMESPACE,
        name="cluster-dns",
        pods=peers.pods_with(peers.DNS_LABELS),
        ingress=(
            enter([peers.pods_outside(), *_machines(site)], peers.dns()),
            enter([peers.PROMETHEUS], tcp(peers.DNS_METRICS)),
        ),
    )
    yield Policy(
        namespace=SYSTEM_NAMESPACE,
        name="metrics-server",
        pods=peers.pods_with({"k8s-app": "metrics-server"}),
        ingress=(enter(_machines(site), tcp(peers.METRICS_API)),),
    )


def _controllers(site: Site, namespace: str) -> Policy:
    """What every controller needs: the API servers of the site, and names."""
    return Policy(
        namespace=namespace,
        name="controllers",
        ingress=(enter([peers.PROMETHEUS], tcp(*peers.OPERATOR_METRICS)),),
        egress=(
            leave([peers.network(site.cidr)], tcp(peers.KUBERNETES_API)),
            leave([peers.CLUSTER_DNS], peers.dns()),
        ),
    )


def _operators(site: Site) -> Iterator[Policy]:
    """The operator is called by the API server, and calls the instances and the plugin."""
    instances = [peers.every_pod_of(POSTGRES_NAMESPACE)]
    yield Policy(
        namespace=OPERATOR_NAMESPACE,
        name="operator",
        pods=peers.pods_with(peers.OPERATOR_LABELS),
        ingress=(enter(_machines(site), tcp(peers.OPERATOR_WEBHOOK)),),
        egress=(leave(instances, tcp(peers.POSTGRES, peers.INSTANCE_STATUS)),),
    )
    here = [peers.pods(k8s.LabelSelector())]
    yield Policy(
        namespace=OPERATOR_NAMESPACE,
        name="plugin",
        ingress=(enter(here, tcp(peers.PLUGIN)),),
        egress=(leave(here, tcp(peers.PLUGIN)),),
    )


def _machines(site: Site) -> list[k8s.NetworkPolicyPeer]:
    """Where the API server's calls come from.

    A machine reaches the pods of another under an address of its own in the pods' network, so that
    network has to be let in; pods are kept away by the policies of their own namespaces.
    """
    return [peers.network(site.cidr), peers.network(KUBERNETES_CIDRS[0])]
