"""Who may open a connection to whom inside a site."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.machine import Role
from topology.names import WRITER_NODE_PORT
from topology.site import Site

POSTGRES = ec2.Port.tcp(5432)
WRITER = ec2.Port.tcp(WRITER_NODE_PORT)
KUBERNETES_API = ec2.Port.tcp(6443)
FLANNEL = ec2.Port.udp(8472)
KUBELET = ec2.Port.tcp(10250)
ETCD = ec2.Port.tcp_range(2379, 2380)


class SecurityGroups(Construct):
    """One group for every machine, one more for k3s servers, one for the writer's load balancer.

    Ports from https://docs.k3s.io/installation/requirements. There is no SSH: Session Manager
    needs no way in.
    """

    def __init__(
        self, scope: Construct, id: str, *, vpc: ec2.Vpc, site: Site, follower: Site | None
    ) -> None:
        """`follower` is the other site, where it streams from this one's writer."""
        super().__init__(scope, id)
        self.machines = self._group("Machines", vpc, "Every machine of the site")
        self.servers = self._group("Servers", vpc, "The k3s servers of the site")
        self.writer = self._group("Writer", vpc, "The load balancer in front of the writer")

        self.machines.add_ingress_rule(self.machines, FLANNEL, "Pod network")
        self.machines.add_ingress_rule(self.machines, KUBELET, "Kubelet")
        self.servers.add_ingress_rule(self.machines, KUBERNETES_API, "Kubernetes API")
        if site.servers > 1:
            self.servers.add_ingress_rule(self.servers, ETCD, "etcd between servers")
        for cidr in _clients(site, follower):
            self.writer.add_ingress_rule(ec2.Peer.ipv4(cidr), POSTGRES, "PostgreSQL clients")
        self.machines.add_ingress_rule(self.writer, WRITER, "The writer behind the load balancer")
        self.writer.add_egress_rule(self.machines, WRITER, "The writer on each database machine")

    def of(self, role: Role) -> list[ec2.SecurityGroup]:
        """The groups of a machine with `role`."""
        return [self.machines, self.servers] if role == "server" else [self.machines]

    def _group(self, id: str, vpc: ec2.Vpc, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            id,
            vpc=vpc,
            description=description,
            allow_all_outbound=id != "Writer",
        )


def _clients(site: Site, follower: Site | None) -> tuple[str, ...]:
    """Each network once: EC2 refuses a group that has the same rule twice."""
    return tuple(dict.fromkeys((*site.admitted_networks, *([follower.cidr] if follower else []))))
