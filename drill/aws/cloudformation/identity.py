"""Roles, their policies, instance profiles, issuers of tokens and keys."""

import json
from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


def _role(iam: Any, properties: Properties, name: str) -> Made:
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
        **chosen(
            properties, "Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags"
        ),
    )["Role"]
    _grant(iam, name, properties)
    return Made(id=name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _grant(iam: Any, role: str, properties: Properties) -> None:
    """Bring the role's own policies and attachments to what the template says."""
    wanted = {policy["PolicyName"]: policy for policy in properties.get("Policies", [])}
    for name, policy in wanted.items():
        iam.put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy["PolicyDocument"])
        )
    attached = {
        policy["PolicyArn"]
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    }
    managed = set(properties.get("ManagedPolicyArns", []))
    for arn in managed - attached:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in attached - managed:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)


def _change_role(iam: Any, id: str, properties: Properties) -> None:
    iam.update_assume_role_policy(
        RoleName=id, PolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"])
    )
    _grant(iam, id, properties)


def _delete_role(iam: Any, id: str, properties: Properties) -> None:
    """Refused, as IAM does, where somebody else has written a policy into it."""
    for policy in properties.get("Policies", []):
        iam.delete_role_policy(RoleName=id, PolicyName=policy["PolicyName"])
    for policy in iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=id, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=id)


def _policy(iam: Any, properties: Properties, name: str) -> Made:
    _put_policy(iam, "", properties)
    return Made(id=name)


def _put_policy(iam: Any, id: str, properties: Properties) -> None:
    for role in properties.get("Roles", []):
        iam.put_role_policy(
            RoleName=role,
            PolicyName=properties["PolicyName"],
            PolicyDocument=json.dumps(properties["PolicyDocument"]),
        )


def _delete_policy(iam: Any, id: str, properties: Properties) -> None:
    for role in properties.get("Roles", []):
        iam.delete_role_policy(RoleName=role, PolicyName=properties["PolicyName"])


def _profile(iam: Any, properties: Properties, name: str) -> Made:
    profile = iam.create_instance_profile(InstanceProfileName=name, **chosen(properties, "Path"))[
        "InstanceProfile"
    ]
    for role in properties["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return Made(id=name, attributes={"Arn": profile["Arn"]})


def _delete_profile(iam: Any, id: str, properties: Properties) -> None:
    for role in properties["Roles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=id, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=id)


def _key(kms: Any, properties: Properties, name: str) -> Made:
    key = kms.create_key(
        Policy=json.dumps(properties["KeyPolicy"]), **chosen(properties, "Description")
    )["KeyMetadata"]
    if properties.get("EnableKeyRotation"):
        kms.enable_key_rotation(KeyId=key["KeyId"])
    return Made(id=key["KeyId"], attributes={"Arn": key["Arn"], "KeyId": key["KeyId"]})


def _put_key_policy(kms: Any, id: str, properties: Properties) -> None:
    policy = json.dumps(properties["KeyPolicy"])
    kms.put_key_policy(KeyId=id, PolicyName="default", Policy=policy)


def _alias(kms: Any, properties: Properties, name: str) -> Made:
    kms.create_alias(AliasName=name, TargetKeyId=properties["TargetKeyId"])
    return Made(id=name)


def _provider(iam: Any, properties: Properties, name: str) -> Made:
    arn = iam.create_open_id_connect_provider(
        Url=properties["Url"],
        ClientIDList=properties.get("ClientIdList", []),
        ThumbprintList=properties.get("ThumbprintList", []),
        **chosen(properties, "Tags"),
    )["OpenIDConnectProviderArn"]
    return Made(id=arn, attributes={"Arn": arn})


def _has_policy(iam: Any, id: str, properties: Properties) -> bool:
    pages = iam.get_paginator("list_roles").paginate()
    roles = (role["RoleName"] for page in pages for role in page["Roles"])
    name = properties["PolicyName"]
    return any(name in iam.list_role_policies(RoleName=role)["PolicyNames"] for role in roles)


def _has_alias(kms: Any, id: str, properties: Properties) -> bool:
    return any(alias["AliasName"] == id for alias in kms.list_aliases()["Aliases"])


def _is_enabled(kms: Any, id: str, properties: Properties) -> bool:
    return bool(kms.describe_key(KeyId=id)["KeyMetadata"]["Enabled"])


KINDS = {
    "AWS::IAM::Role": Kind(
        service="iam",
        exists=lambda iam, id, _: iam.get_role(RoleName=id),
        create=_role,
        update=_change_role,
        delete=_delete_role,
        name="RoleName",
    ),
    "AWS::IAM::Policy": Kind(
        service="iam", exists=_has_policy, create=_policy, update=_put_policy, delete=_delete_policy
    ),
    "AWS::IAM::InstanceProfile": Kind(
        service="iam",
        exists=lambda iam, id, _: iam.get_instance_profile(InstanceProfileName=id),
        create=_profile,
        delete=_delete_profile,
        name="InstanceProfileName",
    ),
    "AWS::IAM::OIDCProvider": Kind(
        service="iam",
        exists=lambda iam, id, _: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=id),
        create=_provider,
        delete=lambda iam, id, _: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=id),
        replaces=frozenset({"Url"}),
    ),
    "AWS::KMS::Key": Kind(
        service="kms",
        exists=_is_enabled,
        create=_key,
        update=_put_key_policy,
        delete=lambda kms, id, _: kms.schedule_key_deletion(KeyId=id),
    ),
    "AWS::KMS::Alias": Kind(
        service="kms",
        exists=_has_alias,
        create=_alias,
        delete=lambda kms, id, _: kms.delete_alias(AliasName=id),
        name="AliasName",
    ),
}
