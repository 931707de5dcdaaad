"""The credentials of the database users, the same in both regions."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.accepted import accept
from topology.names import DUMP_USER
from topology.topology import Topology

ENCRYPTED_BY_AWS = (
    "Encrypted by Secrets Manager's own key, which no other account can use; a key of ours would "
    "have to be in both regions before either stack is."
)


class DatabaseCredentials(Construct):
    """One secret a user, replicated to the DR region.

    The replica can be read while the primary region is down. Retained: a physical copy keeps the
    passwords that it was taken with, so losing the secret would lock everyone out of a restore.
    """

    def __init__(self, scope: Construct, id: str, *, topology: Topology) -> None:
        super().__init__(scope, id)
        for user in (topology.database.owner, DUMP_USER):
            secretsmanager.Secret(
                self,
                user,
                secret_name=topology.names.database_secret(user),
                description=f"PostgreSQL user {user} of {topology.name}, in both regions",
                generate_secret_string=secretsmanager.SecretStringGenerator(
                    secret_string_template=f'{{"username": "{user}"}}',
                    generate_string_key="password",
                    exclude_punctuation=True,
                    password_length=48,
                ),
                replica_regions=[secretsmanager.ReplicaRegion(region=topology.dr.region)],
                removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            )
        rotated = (
            "Rotated by hand on the writer: a password that changes while the regions are apart "
            "would differ between a secret and the copy that it opens."
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
