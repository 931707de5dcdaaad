"""What the key of the authority is made from, the same in both regions."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.accepted import accept
from stacks.database_credentials import ENCRYPTED_BY_AWS
from topology.topology import Topology

FROM_THE_BEGINNING = "2000-01-01T00:00:00Z"


class AuthoritySecret(Construct):
    """One secret, replicated to the DR region, that only k3s servers read.

    CloudFormation generates it and the servers derive the key from it
    (`host/certificates/authority.py`), so nobody ever hands a key over, and nothing has to be run
    first, neither before a deployment nor between two. Retained: clients trust its certificate.
    """

    def __init__(self, scope: Construct, id: str, *, topology: Topology) -> None:
        super().__init__(scope, id)
        secretsmanager.Secret(
            self,
            "Seed",
            secret_name=topology.names.authority_secret(),
            description=f"The certificate authority of {topology.name}, in both regions",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"signs_from": FROM_THE_BEGINNING}),
                generate_string_key="seed",
                exclude_punctuation=True,
                password_length=64,
            ),
            replica_regions=[secretsmanager.ReplicaRegion(region=topology.dr.region)],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        rotated = (
            "Rotated by pgtwin rotate-certificates --authority: clients have to trust the next "
            "authority before it signs."
        )
        accept(
            self,
            {
                "AwsSolutions-SMG4": rotated,
                "NIST.800.53.R5-SecretsManagerRotationEnabled": rotated,
                "NIST.800.53.R5-SecretsManagerUsingKMSKey": ENCRYPTED_BY_AWS,
                "CKV_AWS_149": ENCRYPTED_BY_AWS,
            },
        )
