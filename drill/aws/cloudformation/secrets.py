"""Secrets with generated passwords, and their replicas."""

import json
from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


def _generated(secretsmanager: Any, how: Properties) -> str:
    password = secretsmanager.get_random_password(
        **chosen(
            how,
            "ExcludeCharacters",
            "ExcludeLowercase",
            "ExcludeNumbers",
            "ExcludePunctuation",
            "ExcludeUppercase",
            "IncludeSpace",
            "PasswordLength",
            "RequireEachIncludedType",
        )
    )["RandomPassword"]
    if "SecretStringTemplate" not in how:
        return str(password)
    return json.dumps(
        json.loads(how["SecretStringTemplate"]) | {how["GenerateStringKey"]: password}
    )


def _secret(secretsmanager: Any, properties: Properties, name: str) -> Made:
    value = properties.get("SecretString")
    if value is None:
        value = _generated(secretsmanager, properties.get("GenerateSecretString", {}))
    replicas = properties.get("ReplicaRegions")
    arn = secretsmanager.create_secret(
        Name=name,
        SecretString=value,
        **({"AddReplicaRegions": replicas} if replicas else {}),
        **chosen(properties, "Description", "KmsKeyId", "Tags"),
    )["ARN"]
    return Made(id=arn, attributes={"Id": arn})


def _describe(secretsmanager: Any, id: str, properties: Properties) -> None:
    # As in AWS, a change of the template never generates a second password.
    secretsmanager.update_secret(SecretId=id, **chosen(properties, "Description", "KmsKeyId"))


def _delete(secretsmanager: Any, id: str, properties: Properties) -> None:
    """Its replicas first, as CloudFormation does: Secrets Manager deletes none that has some.

    By the type's schema its deletion needs secretsmanager:RemoveRegionsFromReplication.
    """
    regions = [each["Region"] for each in properties.get("ReplicaRegions", ())]
    if regions:
        secretsmanager.remove_regions_from_replication(SecretId=id, RemoveReplicaRegions=regions)
    secretsmanager.delete_secret(SecretId=id, ForceDeleteWithoutRecovery=True)


KINDS = {
    "AWS::SecretsManager::Secret": Kind(
        service="secretsmanager",
        exists=lambda secretsmanager, id, _: secretsmanager.get_secret_value(SecretId=id),
        create=_secret,
        update=_describe,
        delete=_delete,
        name="Name",
    ),
}
