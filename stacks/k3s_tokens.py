"""The two secrets that let a machine into a site's Kubernetes."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.accepted import accept
from topology.names import Names
from topology.site import SiteName


class K3sTokens(Construct):
    """A server token and an agent token, so that a database machine can never join as a server.

    Retained: the server token encrypts what etcd's snapshots hold; without it none can be restored.
    """

    def __init__(self, scope: Construct, id: str, *, names: Names, site: SiteName) -> None:
        super().__init__(scope, id)
        for role, name in (
            ("Server", names.server_token(site)),
            ("Agent", names.agent_token(site)),
        ):
            secretsmanager.Secret(
                self,
                role,
                secret_name=name,
                description=f"k3s {role.lower()} token of {names.system} {site}",
                generate_secret_string=secretsmanager.SecretStringGenerator(
                    exclude_punctuation=True, password_length=48
                ),
                removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            )
        rotated = (
            "k3s rotates a token only together with all machines (k3s token rotate); a secret that "
            "changed alone would lock replaced machines out."
        )
        encrypted = (
            "Encrypted by Secrets Manager's own key, which no other account can use; the etcd "
            "snapshots that need the token outlive a key of the stack."
        )
        accept(
            self,
            {
                "AwsSolutions-SMG4": rotated,
                "NIST.800.53.R5-SecretsManagerRotationEnabled": rotated,
                "NIST.800.53.R5-SecretsManagerUsingKMSKey": encrypted,
                "CKV_AWS_149": encrypted,
            },
        )
