"""Where clients find the writer, and machines find each other."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_targets as elb_targets
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as route53_targets
from constructs import Construct

from stacks.accepted import accept
from stacks.machine import Machine
from topology.names import WRITER_NODE_PORT, Names

ADDRESS_TTL = Duration.seconds(30)
"""How long a replaced machine may still be looked for at its old address."""

CHECK_EVERY = Duration.seconds(5)
CHECK_TIMEOUT = Duration.seconds(2)
CHECKS = 2
"""A machine is in or out after 10 s. The least that a network load balancer offers (Elastic Load
Balancing API reference, CreateTargetGroup); its defaults, every 30 s and 5 checks, lead clients to
a lost machine for a minute, and to one that is back after two and a half."""
DRAIN = Duration.seconds(10)
"""How long a machine that leaves keeps its connections; by default 300 s."""

_NO_LOG = (
    "A network load balancer logs TLS listeners only; this one passes TCP on to PostgreSQL, and "
    "the VPC's flow log holds its connections."
)
_FINDINGS = {
    "AwsSolutions-ELB2": _NO_LOG,
    "NIST.800.53.R5-ELBLoggingEnabled": _NO_LOG,
    "CKV_AWS_91": _NO_LOG,
    "NIST.800.53.R5-ELBv2ACMCertificateRequired": "PostgreSQL begins TLS inside its own protocol "
    "and ends it itself; clients verify its certificate.",
    "NIST.800.53.R5-ELBDeletionProtectionEnabled": "A creation that fails could not be rolled "
    "back; `pgtwin protect` protects the stack once the site is ready.",
}
"""Which findings stay at the load balancer, and why."""


class WriterEndpoint(Construct):
    """An internal load balancer on 5432, and the private zone that names it and the machines.

    Every database machine answers on the NodePort wherever the writer's pod is, so all are targets.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        vpc: ec2.IVpc,
        security_group: ec2.ISecurityGroup,
        fleet: Mapping[Machine, ec2.Instance],
    ) -> None:
        super().__init__(scope, id)
        databases = [instance for machine, instance in fleet.items() if machine.runs_database]
        self.load_balancer = self._load_balancer(vpc, security_group, databases)
        self.zone = route53.PrivateHostedZone(self, "Zone", zone_name=names.zone(), vpc=vpc)
        self._record(
            "writer",
            names.writer_alias(),
            route53.RecordTarget.from_alias(route53_targets.LoadBalancerTarget(self.load_balancer)),
        )
        servers = [instance for machine, instance in fleet.items() if machine.role == "server"]
        self._address("k3s", names.api_host(), *servers)
        for machine, instance in fleet.items():
            self._address(machine.node, names.node_host(machine.node), instance)

    def _load_balancer(
        self, vpc: ec2.IVpc, group: ec2.ISecurityGroup, databases: list[ec2.Instance]
    ) -> elb.NetworkLoadBalancer:
        balancer = elb.NetworkLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=False,
            cross_zone_enabled=True,
            security_groups=[group],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        )
        targets = balancer.add_listener("Postgres", port=5432).add_targets(
            "Writer",
            port=WRITER_NODE_PORT,
            targets=[elb_targets.InstanceTarget(each, WRITER_NODE_PORT) for each in databases],
            # A client on a database machine would otherwise meet its own address as the target's.
            preserve_client_ip=False,
            # To the node port: a machine whose gate is closed, or that has no way to the writer,
            # refuses.
            health_check=elb.HealthCheck(
                protocol=elb.Protocol.TCP,
                interval=CHECK_EVERY,
                timeout=CHECK_TIMEOUT,
                healthy_threshold_count=CHECKS,
                unhealthy_threshold_count=CHECKS,
            ),
            deregistration_delay=DRAIN,
        )
        # Clients reconnect, instead of waiting on a machine that is lost or leaves.
        for why in ("target_health_state.unhealthy", "deregistration_delay"):
            targets.set_attribute(f"{why}.connection_termination.enabled", "true")
        accept(balancer, _FINDINGS)
        return balancer

    def _address(self, id: str, name: str, *instances: ec2.Instance) -> None:
        addresses = (instance.instance_private_ip for instance in instances)
        self._record(id, name, route53.RecordTarget.from_ip_addresses(*addresses), ADDRESS_TTL)

    def _record(
        self, id: str, name: str, target: route53.RecordTarget, ttl: Duration | None = None
    ) -> None:
        route53.ARecord(self, id, zone=self.zone, record_name=name, target=target, ttl=ttl)
