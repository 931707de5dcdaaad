"""What makes a site an issuer of tokens that AWS trusts: two public documents, and IAM's entry.

What always holds: everybody reads these two keys and nothing else, over TLS alone, and whatever
other rights somebody has, only the site's servers write here: whoever writes the documents can be
every pod of the site.
"""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.accepted import accept
from stacks.allow import Allow
from stacks.backup_bucket import UNDELETE
from stacks.pod_rights import AUDIENCE
from topology.site import SiteName
from topology.topology import Topology

DOCUMENTS = (".well-known/openid-configuration", "openid/v1/jwks")
_PUBLIC = "Two documents that AWS reads without credentials; all else in it is private."
_OF_BUCKET = {
    "AwsSolutions-S1": "Everybody may read it, and versions tell what was written.",
    "NIST.800.53.R5-S3BucketLoggingEnabled": "Everybody may read it, and versions tell what was "
    "written.",
    "CKV_AWS_18": "Everybody may read it, and versions tell what was written.",
    "AwsSolutions-S2": _PUBLIC,
    "AwsSolutions-S5": _PUBLIC,
    "NIST.800.53.R5-S3BucketLevelPublicAccessProhibited": _PUBLIC,
    "NIST.800.53.R5-S3BucketPublicReadProhibited": _PUBLIC,
    "NIST.800.53.R5-S3BucketPublicWriteProhibited": "Only the site's servers write, as its policy "
    "says.",
    "CKV_AWS_54": _PUBLIC,
    "CKV_AWS_56": _PUBLIC,
    "NIST.800.53.R5-S3BucketReplicationEnabled": "A server writes both again within an hour.",
    "NIST.800.53.R5-S3DefaultEncryptionKMS": "Nobody reads without a signature what a key of KMS "
    "encrypted.",
}


class Issuer(Construct):
    """The bucket and the provider; `provider` is the ARN of the latter."""

    def __init__(self, scope: Construct, id: str, *, bucket: str, issuer: str, writer: str) -> None:
        """`writer` is the name of the role of the site's servers."""
        super().__init__(scope, id)
        documents = s3.Bucket(
            self,
            "Documents",
            bucket_name=bucket,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess(
                block_public_acls=True,
                ignore_public_acls=True,
                block_public_policy=False,
                restrict_public_buckets=False,
            ),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(id="earlier", noncurrent_version_expiration=UNDELETE)
            ],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(documents, _OF_BUCKET)
        for statement in _statements(documents, writer):
            documents.add_to_resource_policy(statement)
        # Without a thumbprint: IAM does not ask for one where S3 has the documents.
        made = iam.CfnOIDCProvider(
            self, "Provider", url=f"https://{issuer}", client_id_list=[AUDIENCE]
        )
        self.provider = made.attr_arn


def issuer_rights(topology: Topology, site: SiteName) -> tuple[Allow, ...]:
    """What a server writes, where the site is an issuer."""
    bucket = topology.site(site).issuer_bucket
    if bucket is None:
        return ()
    keys = tuple(f"arn:aws:s3:::{bucket}/{each}" for each in DOCUMENTS)
    return (Allow(sid="IssuerDocuments", actions=("s3:PutObject",), resources=keys),)


def _statements(bucket: s3.Bucket, writer: str) -> tuple[iam.PolicyStatement, ...]:
    role = f"arn:aws:iam::{Aws.ACCOUNT_ID}:role/{writer}"
    return (
        iam.PolicyStatement(
            sid="EverybodyReads",
            principals=[iam.StarPrincipal()],
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(each) for each in DOCUMENTS],
        ),
        iam.PolicyStatement(
            sid="ServersAloneWrite",
            effect=iam.Effect.DENY,
            principals=[iam.StarPrincipal()],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": role}},
        ),
    )
