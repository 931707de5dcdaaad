"""A secret of the system that both regions hold."""

import json
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.accepted import accept
from topology.topology import Topology

_ENCRYPTED_BY_AWS = (
    "Encrypted by Secrets Manager's own key, which no other account can use; a key of ours would "
    "have to be in both regions before either stack is."
)


def replicated_secret(
    scope: Construct,
    id: str,
    *,
    topology: Topology,
    name: str,
    description: str,
    template: dict[str, Any],
    generated: str,
    characters: int,
) -> None:
    """Made by CloudFormation, with a copy in DR's region that can be read while the primary's is
    down; kept when its stack goes. `generated` is the key beside those of the `template`.
    """
    secretsmanager.Secret(
        scope,
        id,
        secret_name=name,
        description=f"{description}, in both regions",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps(template),
            generate_string_key=generated,
            exclude_punctuation=True,
            password_length=characters,
        ),
        replica_regions=[secretsmanager.ReplicaRegion(region=topology.dr.region)],
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )


def accept_rotation(scope: Construct, rotated: str) -> None:
    """What the rules want of each secret of a construct, and how it is `rotated` instead."""
    accept(
        scope,
        {
            "AwsSolutions-SMG4": rotated,
            "NIST.800.53.R5-SecretsManagerRotationEnabled": rotated,
            "NIST.800.53.R5-SecretsManagerUsingKMSKey": _ENCRYPTED_BY_AWS,
            "CKV_AWS_149": _ENCRYPTED_BY_AWS,
        },
    )
