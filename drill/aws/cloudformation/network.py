"""VPCs and what is in them."""

from typing import Any

from drill.aws.cloudformation.compute import tags
from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen, listed


def _vpc(ec2: Any, properties: Properties, name: str) -> Made:
    vpc = ec2.create_vpc(
        **chosen(properties, "CidrBlock", "InstanceTenancy"), **tags(properties, "vpc")
    )["Vpc"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        value = {"Value": properties.get(attribute, False)}
        ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{attribute: value})
    of_vpc = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    groups = ec2.describe_security_groups(
        Filters=[*of_vpc, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    acls = ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"]
    return Made(
        id=vpc["VpcId"],
        attributes={
            "VpcId": vpc["VpcId"],
            "CidrBlock": vpc["CidrBlock"],
            "DefaultSecurityGroup": groups[0]["GroupId"],
            "DefaultNetworkAcl": acls[0]["NetworkAclId"],
        },
    )


def _subnet(ec2: Any, properties: Properties, name: str) -> Made:
    subnet = ec2.create_subnet(
        **chosen(properties, "AvailabilityZone", "CidrBlock", "VpcId"),
        **tags(properties, "subnet"),
    )["Subnet"]
    ec2.modify_subnet_attribute(
        SubnetId=subnet["SubnetId"],
        MapPublicIpOnLaunch={"Value": properties.get("MapPublicIpOnLaunch", False)},
    )
    return Made(
        id=subnet["SubnetId"],
        attributes=chosen(subnet, "SubnetId", "AvailabilityZone", "CidrBlock", "VpcId"),
    )


def _internet_gateway(ec2: Any, properties: Properties, name: str) -> Made:
    gateway = ec2.create_internet_gateway(**tags(properties, "internet-gateway"))
    id = gateway["InternetGateway"]["InternetGatewayId"]
    return Made(id=id, attributes={"InternetGatewayId": id})


def _attach(ec2: Any, properties: Properties, name: str) -> Made:
    ec2.attach_internet_gateway(**chosen(properties, "InternetGatewayId", "VpcId"))
    return Made(id=f"IGW|{properties['VpcId']}")


def _address(ec2: Any, properties: Properties, name: str) -> Made:
    address = ec2.allocate_address(**chosen(properties, "Domain"), **tags(properties, "elastic-ip"))
    return Made(id=address["PublicIp"], attributes=chosen(address, "AllocationId", "PublicIp"))


def _release(ec2: Any, id: str, properties: Properties) -> None:
    found = ec2.describe_addresses(PublicIps=[id])["Addresses"]
    ec2.release_address(AllocationId=found[0]["AllocationId"])


def _nat(ec2: Any, properties: Properties, name: str) -> Made:
    gateway = ec2.create_nat_gateway(
        **chosen(properties, "AllocationId", "SubnetId"), **tags(properties, "natgateway")
    )["NatGateway"]
    return Made(id=gateway["NatGatewayId"], attributes={"NatGatewayId": gateway["NatGatewayId"]})


def _route_table(ec2: Any, properties: Properties, name: str) -> Made:
    table = ec2.create_route_table(**chosen(properties, "VpcId"), **tags(properties, "route-table"))
    id = table["RouteTable"]["RouteTableId"]
    return Made(id=id, attributes={"RouteTableId": id})


def _route(ec2: Any, properties: Properties, name: str) -> Made:
    ec2.create_route(
        **chosen(properties, "DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId")
    )
    return Made(id=f"{properties['RouteTableId']}|{properties['DestinationCidrBlock']}")


def _associate(ec2: Any, properties: Properties, name: str) -> Made:
    answer = ec2.associate_route_table(**chosen(properties, "RouteTableId", "SubnetId"))
    return Made(id=answer["AssociationId"], attributes={"Id": answer["AssociationId"]})


def _endpoint(ec2: Any, properties: Properties, name: str) -> Made:
    endpoint = ec2.create_vpc_endpoint(
        **chosen(properties, "RouteTableIds", "ServiceName", "VpcEndpointType", "VpcId"),
        **tags(properties, "vpc-endpoint"),
    )["VpcEndpoint"]
    return Made(id=endpoint["VpcEndpointId"], attributes={"Id": endpoint["VpcEndpointId"]})


def _flow_log(ec2: Any, properties: Properties, name: str) -> Made:
    answer = ec2.create_flow_logs(
        ResourceIds=[properties["ResourceId"]],
        **chosen(
            properties,
            "DeliverLogsPermissionArn",
            "LogDestinationType",
            "LogGroupName",
            "ResourceType",
            "TrafficType",
        ),
        **tags(properties, "vpc-flow-log"),
    )
    if answer.get("Unsuccessful"):
        raise ValueError(answer["Unsuccessful"][0]["Error"]["Message"])
    return Made(id=answer["FlowLogIds"][0], attributes={"Id": answer["FlowLogIds"][0]})


def _is_attached(ec2: Any, id: str, properties: Properties) -> Any:
    of_vpc = [{"Name": "attachment.vpc-id", "Values": [id.partition("|")[2]]}]
    return ec2.describe_internet_gateways(Filters=of_vpc)["InternetGateways"]


def _has_route(ec2: Any, id: str, properties: Properties) -> bool:
    table, _, destination = id.partition("|")
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return any(route.get("DestinationCidrBlock") == destination for route in routes)


def _is_associated(ec2: Any, id: str, properties: Properties) -> Any:
    by_id = [{"Name": "association.route-table-association-id", "Values": [id]}]
    return ec2.describe_route_tables(Filters=by_id)["RouteTables"]


KINDS = {
    "AWS::EC2::VPC": Kind(
        service="ec2",
        exists=listed("describe_vpcs", "VpcIds", "Vpcs"),
        create=_vpc,
        delete=lambda ec2, id, _: ec2.delete_vpc(VpcId=id),
    ),
    "AWS::EC2::Subnet": Kind(
        service="ec2",
        exists=listed("describe_subnets", "SubnetIds", "Subnets"),
        create=_subnet,
        delete=lambda ec2, id, _: ec2.delete_subnet(SubnetId=id),
    ),
    "AWS::EC2::InternetGateway": Kind(
        service="ec2",
        exists=listed("describe_internet_gateways", "InternetGatewayIds", "InternetGateways"),
        create=_internet_gateway,
        delete=lambda ec2, id, _: ec2.delete_internet_gateway(InternetGatewayId=id),
    ),
    "AWS::EC2::VPCGatewayAttachment": Kind(
        service="ec2",
        exists=_is_attached,
        create=_attach,
        delete=lambda ec2, _, properties: ec2.detach_internet_gateway(
            **chosen(properties, "InternetGatewayId", "VpcId")
        ),
    ),
    "AWS::EC2::EIP": Kind(
        service="ec2",
        exists=listed("describe_addresses", "PublicIps", "Addresses"),
        create=_address,
        delete=_release,
    ),
    "AWS::EC2::NatGateway": Kind(
        service="ec2",
        exists=listed("describe_nat_gateways", "NatGatewayIds", "NatGateways"),
        create=_nat,
        delete=lambda ec2, id, _: ec2.delete_nat_gateway(NatGatewayId=id),
    ),
    "AWS::EC2::RouteTable": Kind(
        service="ec2",
        exists=listed("describe_route_tables", "RouteTableIds", "RouteTables"),
        create=_route_table,
        delete=lambda ec2, id, _: ec2.delete_route_table(RouteTableId=id),
    ),
    "AWS::EC2::Route": Kind(
        service="ec2",
        exists=_has_route,
        create=_route,
        delete=lambda ec2, _, properties: ec2.delete_route(
            **chosen(properties, "DestinationCidrBlock", "RouteTableId")
        ),
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Kind(
        service="ec2",
        exists=_is_associated,
        create=_associate,
        delete=lambda ec2, id, _: ec2.disassociate_route_table(AssociationId=id),
    ),
    "AWS::EC2::VPCEndpoint": Kind(
        service="ec2",
        exists=listed("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints"),
        create=_endpoint,
        delete=lambda ec2, id, _: ec2.delete_vpc_endpoints(VpcEndpointIds=[id]),
    ),
    "AWS::EC2::FlowLog": Kind(
        service="ec2",
        exists=listed("describe_flow_logs", "FlowLogIds", "FlowLogs"),
        create=_flow_log,
        delete=lambda ec2, id, _: ec2.delete_flow_logs(FlowLogIds=[id]),
    ),
}
