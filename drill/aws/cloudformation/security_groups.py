"""Security groups and their rules."""

from typing import Any

from drill.aws.cloudformation.compute import tags
from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen, listed

_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _permission(rule: Properties) -> Properties:
    """One rule of a template in the form in which EC2 takes it."""
    permission = chosen(rule, "FromPort", "IpProtocol", "ToPort")
    about = chosen(rule, "Description")
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group, **about}]
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **about}]
    return permission


def _group(ec2: Any, properties: Properties, name: str) -> Made:
    id = ec2.create_security_group(
        GroupName=name,
        Description=properties["GroupDescription"],
        **chosen(properties, "VpcId"),
        **tags(properties, "security-group"),
    )["GroupId"]
    ingress = [_permission(rule) for rule in properties.get("SecurityGroupIngress", [])]
    if ingress:
        ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=ingress)
    egress = [_permission(rule) for rule in properties.get("SecurityGroupEgress", [])]
    if egress:
        ec2.revoke_security_group_egress(GroupId=id, IpPermissions=[_EVERYWHERE])
        ec2.authorize_security_group_egress(GroupId=id, IpPermissions=egress)
    return Made(id=id, attributes={"GroupId": id, **chosen(properties, "VpcId")})


def _ingress(ec2: Any, properties: Properties, name: str) -> Made:
    answer = ec2.authorize_security_group_ingress(
        GroupId=properties["GroupId"], IpPermissions=[_permission(properties)]
    )
    return Made(id=answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _egress(ec2: Any, properties: Properties, name: str) -> Made:
    answer = ec2.authorize_security_group_egress(
        GroupId=properties["GroupId"], IpPermissions=[_permission(properties)]
    )
    return Made(id=answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


_RULE = listed("describe_security_group_rules", "SecurityGroupRuleIds", "SecurityGroupRules")


KINDS = {
    "AWS::EC2::SecurityGroup": Kind(
        service="ec2",
        exists=listed("describe_security_groups", "GroupIds", "SecurityGroups"),
        create=_group,
        delete=lambda ec2, id, _: ec2.delete_security_group(GroupId=id),
        name="GroupName",
    ),
    "AWS::EC2::SecurityGroupIngress": Kind(
        service="ec2",
        exists=_RULE,
        create=_ingress,
        delete=lambda ec2, id, properties: ec2.revoke_security_group_ingress(
            GroupId=properties["GroupId"], IpPermissions=[_permission(properties)]
        ),
    ),
    "AWS::EC2::SecurityGroupEgress": Kind(
        service="ec2",
        exists=_RULE,
        create=_egress,
        delete=lambda ec2, id, properties: ec2.revoke_security_group_egress(
            GroupId=properties["GroupId"], IpPermissions=[_permission(properties)]
        ),
    ),
}
