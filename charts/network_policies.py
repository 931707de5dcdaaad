"""Who may reach the database, and what its pods may reach; everything else is refused.

k3s enforces these with kube-router: nothing at all reaches a pod of the `postgres` namespace, or
leaves it, but what is written here, and a node reaches its own pods, as the kubelet's probes must.

The instance metadata hold the machine's AWS credentials. Only database and dump pods reach them,
because they alone read and write S3; in the other namespaces (`charts/other_namespaces.py`) nobody
does, and nobody but the operator reaches the database. A NetworkPolicy belongs to one namespace and
does not bind pods on the host's network: it restrains neither a namespace made later nor whoever
may start host-network pods.
"""

from collections.abc import Sequence

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from charts import peers
from charts.dump_job import DUMP_LABELS
from charts.other_namespaces import other_namespaces
from charts.peers import enter, leave, tcp
from charts.pooler import POOLER_LABELS
from topology.names import POSTGRES_NAMESPACE
from topology.rules.networks import KUBERNETES_CIDRS
from topology.site import Site

PODS_CIDR = KUBERNETES_CIDRS[0]
DATABASE = k8s.LabelSelector(
    match_expressions=[
        k8s.LabelSelectorRequirement(key="cnpg.io/cluster", operator="Exists"),
        k8s.LabelSelectorRequirement(key="cnpg.io/podRole", operator="NotIn", values=["pooler"]),
    ]
)
"""Instances and the jobs that make them, of every Cluster: a restore puts a second beside it."""


class NetworkPolicies(cdk8s.Chart):
    """Default deny in every namespace, and a policy for each connection that is needed."""

    def __init__(
        self, scope: Construct, name: str, *, site: Site, pooler: bool, streams_from: Site | None
    ) -> None:
        """`streams_from` is the other site, where its writer is streamed from."""
        super().__init__(scope, name)
        everyone = k8s.LabelSelector()
        self._policy("default-deny", everyone, ingress=[], egress=[])
        self._policy("dns", everyone, egress=[leave([peers.CLUSTER_DNS], peers.dns())])
        self._database(site, streams_from)
        self._dump()
        if pooler:
            self._pooler(site)
        for each in other_namespaces(site):
            self._policy(
                each.name,
                each.pods,
                namespace=each.namespace,
                ingress=each.ingress,
                egress=each.egress,
            )

    def _database(self, site: Site, streams_from: Site | None) -> None:
        writers = [peers.network(streams_from.cidr)] if streams_from else []
        instances = peers.pods(DATABASE)
        callers = [peers.pods(peers.pods_with(labels)) for labels in (DUMP_LABELS, POOLER_LABELS)]
        self._policy(
            "database",
            DATABASE,
            ingress=[
                enter([instances, peers.OPERATOR], tcp(peers.POSTGRES, peers.INSTANCE_STATUS)),
                enter([*callers, *clients(site)], tcp(peers.POSTGRES)),
                enter([peers.PROMETHEUS], tcp(peers.POSTGRES_METRICS)),
            ],
            egress=[
                leave([instances], tcp(peers.POSTGRES, peers.INSTANCE_STATUS)),
                leave([peers.network(site.cidr)], tcp(peers.KUBERNETES_API)),
                *([leave(writers, tcp(peers.POSTGRES))] if writers else []),
                *_to_s3(),
            ],
        )

    def _dump(self) -> None:
        self._policy(
            "dump",
            peers.pods_with(DUMP_LABELS),
            egress=[leave([peers.pods(DATABASE)], tcp(peers.POSTGRES)), *_to_s3()],
        )

    def _pooler(self, site: Site) -> None:
        self._policy(
            "pooler",
            peers.pods_with(POOLER_LABELS),
            ingress=[
                enter(clients(site), tcp(peers.POSTGRES)),
                enter([peers.PROMETHEUS], tcp(peers.POOLER_METRICS)),
            ],
            egress=[
                leave([peers.pods(DATABASE)], tcp(peers.POSTGRES)),
                leave([peers.network(site.cidr)], tcp(peers.KUBERNETES_API)),
            ],
        )

    def _policy(
        self,
        name: str,
        selector: k8s.LabelSelector,
        *,
        namespace: str = POSTGRES_NAMESPACE,
        ingress: Sequence[k8s.NetworkPolicyIngressRule] | None = None,
        egress: Sequence[k8s.NetworkPolicyEgressRule] | None = None,
    ) -> None:
        directions = {"Ingress": ingress, "Egress": egress}
        k8s.KubeNetworkPolicy(
            self,
            f"{namespace}-{name}",
            metadata=k8s.ObjectMeta(name=name, namespace=namespace),
            spec=k8s.NetworkPolicySpec(
                pod_selector=selector,
                policy_types=[name for name, rules in directions.items() if rules is not None],
                ingress=list(ingress or ()) or None,
                egress=list(egress or ()) or None,
            ),
        )


def clients(site: Site) -> list[k8s.NetworkPolicyPeer]:
    """Where PostgreSQL's clients come from.

    The security group of the load balancer holds clients to their networks. Here the VPC has to be
    let in besides them, because the load balancer's health checks come from it, and the pod network
    too: a node that forwards a client to a pod of another node does so under its own address there.
    Pods are kept away by the policies of their own namespaces.
    """
    networks = dict.fromkeys((*site.client_cidrs, site.cidr, PODS_CIDR))
    return [peers.network(cidr) for cidr in networks]


def _to_s3() -> list[k8s.NetworkPolicyEgressRule]:
    """S3 has no fixed addresses; pods, services and link-local addresses are none of it."""
    s3 = peers.network(peers.EVERYWHERE, without=(*KUBERNETES_CIDRS, peers.LINK_LOCAL))
    return [
        leave([s3], tcp(peers.HTTPS)),
        leave([peers.network(peers.INSTANCE_METADATA)], tcp(peers.METADATA)),
    ]
