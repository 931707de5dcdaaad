"""S3 copies what is written into a site's bucket to another account's, as soon as it is written.

What always holds: whatever is done in this account, nothing of the copy is deleted by it. Deletions
are not copied, S3 never copies that of a version, and the role that copies may delete nothing. What
is written over arrives as one more version of what was there.
"""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.accepted import accept
from stacks.allow import Allow, policy
from stacks.archive_rights import ANY_OBJECT, read_key
from stacks.site_arns import SiteArns
from topology.third_copy import ThirdCopy

_OF_ROLE = {
    "NIST.800.53.R5-IAMNoInlinePolicy": "The rights of this role alone, in one document that goes "
    "with it.",
}


class CopyRole(Construct):
    """What S3 acts as when it copies; nobody else may take it."""

    def __init__(self, scope: Construct, id: str, *, arns: SiteArns, copy: ThirdCopy) -> None:
        super().__init__(scope, id)
        rows = copy_rights(arns, copy)
        role = iam.Role(
            self,
            "Role",
            role_name=arns.topology.names.copy_role(arns.site),
            assumed_by=iam.ServicePrincipal("s3.amazonaws.com"),
            inline_policies={"copy": iam.PolicyDocument.from_json(policy(rows))},
        )
        wide = {
            f"AwsSolutions-IAM5[Resource::{each.replace(Aws.ACCOUNT_ID, '<AWS::AccountId>')}]": (
                f"{row.sid}: {row.wildcard}"
            )
            for row in rows
            for each in row.resources
            if "*" in each
        }
        accept(role, _OF_ROLE | wide)
        self.arn = role.role_arn


def copy_rights(arns: SiteArns, copy: ThirdCopy) -> tuple[Allow, ...]:
    """S3 user guide, "Setting up permissions for live replication", without what deletes.

    Keys: "Replicating encrypted objects", and what the CDK grants for a bucket that has bucket
    keys.
    """
    locked = ("s3:GetObjectLegalHold", "s3:GetObjectRetention")
    return (
        Allow(
            sid="Rules",
            actions=("s3:GetReplicationConfiguration", "s3:ListBucket"),
            resources=(arns.bucket(arns.site),),
            conditions=arns.own_account(),
        ),
        Allow(
            sid="Versions",
            actions=(
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
                *(locked if arns.topology.backups.object_lock_days else ()),
            ),
            resources=(f"{arns.bucket(arns.site)}/*",),
            wildcard="All that is in the bucket is copied.",
            conditions=arns.own_account(),
        ),
        read_key(arns, arns.site, sid="Key", actions=("kms:Decrypt",)),
        Allow(
            sid="Copies",
            actions=(
                "s3:ObjectOwnerOverrideToBucketOwner",
                "s3:ReplicateObject",
                "s3:ReplicateTags",
            ),
            resources=(f"arn:aws:s3:::{copy.bucket}/*",),
            wildcard=ANY_OBJECT,
            conditions={"StringEquals": {"aws:ResourceAccount": copy.account}},
        ),
        Allow(
            sid="KeyOfCopies",
            actions=("kms:Encrypt", "kms:GenerateDataKey"),
            resources=(copy.key,),
            conditions={"StringEquals": {"kms:ViaService": f"s3.{copy.region}.amazonaws.com"}},
        ),
    )


def copied(bucket: s3.Bucket, role: CopyRole, copy: ThirdCopy) -> None:
    """Have S3 copy what is written into the bucket from now on, to whom the copy then belongs."""
    made = bucket.node.default_child
    if not isinstance(made, s3.CfnBucket):
        raise TypeError(f"{bucket.node.path} is no bucket of CloudFormation")
    off = s3.CfnBucket.DeleteMarkerReplicationProperty(status="Disabled")
    encrypted = s3.CfnBucket.SseKmsEncryptedObjectsProperty(status="Enabled")
    rule = s3.CfnBucket.ReplicationRuleProperty(
        id="third-copy",
        status="Enabled",
        priority=1,
        filter=s3.CfnBucket.ReplicationRuleFilterProperty(prefix=""),
        delete_marker_replication=off,
        source_selection_criteria=s3.CfnBucket.SourceSelectionCriteriaProperty(
            sse_kms_encrypted_objects=encrypted
        ),
        destination=s3.CfnBucket.ReplicationDestinationProperty(
            bucket=f"arn:aws:s3:::{copy.bucket}",
            account=copy.account,
            access_control_translation=s3.CfnBucket.AccessControlTranslationProperty(
                owner="Destination"
            ),
            encryption_configuration=s3.CfnBucket.EncryptionConfigurationProperty(
                replica_kms_key_id=copy.key
            ),
        ),
    )
    made.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
        role=role.arn, rules=[rule]
    )
