"""How to find out from its own service whether a resource exists, one question per type.

Each probe gets a client, the id that CloudFormation reports, and the properties in the template
(unresolved), and is true when the service knows the resource; a service's "not found" is no.
"""

from collections.abc import Callable
from typing import Any

Probe = Callable[[Any, str, dict[str, Any]], Any]

UNOBSERVABLE = {
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
}
"""No service but CloudFormation knows these, in AWS neither."""


def _ec2(operation: str, argument: str, result: str) -> tuple[str, Probe]:
    def probe(ec2: Any, id: str, properties: dict[str, Any]) -> Any:
        return getattr(ec2, operation)(**{argument: [id]})[result]

    return "ec2", probe


def _instance(ec2: Any, id: str, properties: dict[str, Any]) -> bool:
    reservations = ec2.describe_instances(InstanceIds=[id])["Reservations"]
    return bool(reservations[0]["Instances"][0]["State"]["Name"] == "running")


def _attached(ec2: Any, id: str, properties: dict[str, Any]) -> Any:
    of_vpc = [{"Name": "attachment.vpc-id", "Values": [id.partition("|")[2]]}]
    return ec2.describe_internet_gateways(Filters=of_vpc)["InternetGateways"]


def _route(ec2: Any, id: str, properties: dict[str, Any]) -> bool:
    table, _, destination = id.partition("|")
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return any(route.get("DestinationCidrBlock") == destination for route in routes)


def _association(ec2: Any, id: str, properties: dict[str, Any]) -> Any:
    by_id = [{"Name": "association.route-table-association-id", "Values": [id]}]
    return ec2.describe_route_tables(Filters=by_id)["RouteTables"]


def _role_policy(iam: Any, id: str, properties: dict[str, Any]) -> bool:
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    name = properties["PolicyName"]
    return any(name in iam.list_role_policies(RoleName=role)["PolicyNames"] for role in roles)


def _alias(kms: Any, id: str, properties: dict[str, Any]) -> bool:
    return any(alias["AliasName"] == id for alias in kms.list_aliases()["Aliases"])


def _log_group(logs: Any, id: str, properties: dict[str, Any]) -> Any:
    return logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]


def _record(route53: Any, id: str, properties: dict[str, Any]) -> bool:
    wanted = (id.rstrip("."), properties["Type"])
    zones = [zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]]
    records = (
        (record["Name"].rstrip("."), record["Type"])
        for zone in zones
        for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    )
    return wanted in records


def _topic_policy(sns: Any, id: str, properties: dict[str, Any]) -> bool:
    topics = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
    statements = properties["PolicyDocument"]["Statement"]
    return any(
        statements[0]["Sid"] in sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
        for arn in topics
    )


PROBES: dict[str, tuple[str, Probe]] = {
    "AWS::CloudFormation::Stack": (
        "cloudformation",
        lambda cfn, id, _: cfn.describe_stacks(StackName=id)["Stacks"],
    ),
    "AWS::CloudWatch::Alarm": (
        "cloudwatch",
        lambda cloudwatch, id, _: cloudwatch.describe_alarms(AlarmNames=[id])["MetricAlarms"],
    ),
    "AWS::EC2::EIP": _ec2("describe_addresses", "PublicIps", "Addresses"),
    "AWS::EC2::FlowLog": _ec2("describe_flow_logs", "FlowLogIds", "FlowLogs"),
    "AWS::EC2::Instance": ("ec2", _instance),
    "AWS::EC2::InternetGateway": _ec2(
        "describe_internet_gateways", "InternetGatewayIds", "InternetGateways"
    ),
    "AWS::EC2::NatGateway": _ec2("describe_nat_gateways", "NatGatewayIds", "NatGateways"),
    "AWS::EC2::Route": ("ec2", _route),
    "AWS::EC2::RouteTable": _ec2("describe_route_tables", "RouteTableIds", "RouteTables"),
    "AWS::EC2::SecurityGroup": _ec2("describe_security_groups", "GroupIds", "SecurityGroups"),
    "AWS::EC2::SecurityGroupEgress": _ec2(
        "describe_security_group_rules", "SecurityGroupRuleIds", "SecurityGroupRules"
    ),
    "AWS::EC2::SecurityGroupIngress": _ec2(
        "describe_security_group_rules", "SecurityGroupRuleIds", "SecurityGroupRules"
    ),
    "AWS::EC2::Subnet": _ec2("describe_subnets", "SubnetIds", "Subnets"),
    "AWS::EC2::SubnetRouteTableAssociation": ("ec2", _association),
    "AWS::EC2::VPC": _ec2("describe_vpcs", "VpcIds", "Vpcs"),
    "AWS::EC2::VPCEndpoint": _ec2("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints"),
    "AWS::EC2::VPCGatewayAttachment": ("ec2", _attached),
    "AWS::EC2::Volume": _ec2("describe_volumes", "VolumeIds", "Volumes"),
    "AWS::ElasticLoadBalancingV2::Listener": (
        "elbv2",
        lambda elb, id, _: elb.describe_listeners(ListenerArns=[id])["Listeners"],
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        "elbv2",
        lambda elb, id, _: elb.describe_load_balancers(LoadBalancerArns=[id])["LoadBalancers"],
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "elbv2",
        lambda elb, id, _: elb.describe_target_groups(TargetGroupArns=[id])["TargetGroups"],
    ),
    "AWS::IAM::InstanceProfile": (
        "iam",
        lambda iam, id, _: iam.get_instance_profile(InstanceProfileName=id),
    ),
    "AWS::IAM::Policy": ("iam", _role_policy),
    "AWS::IAM::Role": ("iam", lambda iam, id, _: iam.get_role(RoleName=id)),
    "AWS::KMS::Alias": ("kms", _alias),
    "AWS::KMS::Key": ("kms", lambda kms, id, _: kms.describe_key(KeyId=id)),
    "AWS::Logs::LogGroup": ("logs", _log_group),
    "AWS::Route53::HostedZone": ("route53", lambda dns, id, _: dns.get_hosted_zone(Id=id)),
    "AWS::Route53::RecordSet": ("route53", _record),
    "AWS::S3::Bucket": ("s3", lambda s3, id, _: s3.head_bucket(Bucket=id)),
    "AWS::S3::BucketPolicy": ("s3", lambda s3, id, _: s3.get_bucket_policy(Bucket=id)),
    "AWS::SNS::Subscription": (
        "sns",
        lambda sns, id, _: sns.get_subscription_attributes(SubscriptionArn=id),
    ),
    "AWS::SNS::Topic": ("sns", lambda sns, id, _: sns.get_topic_attributes(TopicArn=id)),
    "AWS::SNS::TopicPolicy": ("sns", _topic_policy),
    "AWS::SSM::Document": ("ssm", lambda ssm, id, _: ssm.describe_document(Name=id)),
    "AWS::SSM::Parameter": ("ssm", lambda ssm, id, _: ssm.get_parameter(Name=id)),
    "AWS::SecretsManager::Secret": (
        "secretsmanager",
        lambda secretsmanager, id, _: secretsmanager.get_secret_value(SecretId=id),
    ),
}
