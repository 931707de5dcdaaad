"""A site's network: private subnets in the listed zones, one outbound route, who may reach whom."""

from aws_cdk import Aws, CfnResource, NestedStack, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.accepted import accept
from stacks.security_groups import SecurityGroups
from topology.site import Site

_OF_VPC = {
    "NIST.800.53.R5-VPCDefaultSecurityGroupClosed": "Closing it takes a custom resource with a "
    "Lambda function; nothing uses it, and a test holds every interface to that.",
    "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW": "For the NAT gateways, which are alone in the "
    "public subnets.",
    "NIST.800.53.R5-IAMNoInlinePolicy": "Written by the CDK for the flow log's role alone.",
}
_OF_FLOW_LOG = dict.fromkeys(
    ("NIST.800.53.R5-CloudWatchLogGroupEncrypted", "CKV_AWS_158"),
    "It holds addresses and ports, and CloudWatch Logs encrypts it with a key of its own.",
)


class Network(NestedStack):
    """The VPC with its flow log, its S3 endpoint and the security groups of machines and writer.

    The default security group is left as AWS makes it, because closing it takes a custom resource
    with a Lambda function; nothing here uses it, and a test holds every interface to that.
    """

    def __init__(self, scope: Construct, id: str, *, site: Site, follower: Site | None) -> None:
        """`follower` is the other site, where it streams from this one's writer."""
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(site.cidr),
            availability_zones=list(site.zones),
            nat_gateways=site.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
                ),
            ],
        )
        # No policy of our own: machines also need buckets of AWS itself through this endpoint
        # (CloudFormation's wait conditions, the SSM agent, CDK's assets), and their roles already
        # name every bucket of ours.
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self._log_flows()
        accept(self.vpc, _OF_VPC)
        self.security_groups = SecurityGroups(
            self, "SecurityGroups", vpc=self.vpc, site=site, follower=follower
        )

    def _log_flows(self) -> None:
        log = logs.LogGroup(
            self,
            "FlowLogGroup",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        to_it = ec2.FlowLogDestination.to_cloud_watch_logs(log)
        flows = self.vpc.add_flow_log("FlowLog", destination=to_it)
        # For flow logs of this account alone: the service writes for whoever names it a role. The
        # role stays the CDK's: with another EC2 would have to make the same flow log twice.
        role = flows.iam_role.node.default_child if flows.iam_role else None
        if isinstance(role, CfnResource):
            role.add_property_override(
                "AssumeRolePolicyDocument.Statement.0.Condition",
                {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        accept(log, _OF_FLOW_LOG)
