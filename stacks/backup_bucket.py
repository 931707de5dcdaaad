"""The bucket that the database is restored from.

What always holds: nothing here deletes a base backup or a WAL segment that is current. Retention of
`physical*/` is barman's alone, which knows which WAL a base backup needs; lifecycle rules only
expire dumps, which stand alone, and versions that were already deleted or overwritten. Those stay
for longer than it can take until it is noticed: nothing that a machine or an operator may do
destroys a backup before the alarm about missing evidence.
"""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.accepted import accept
from topology.alarms import EVIDENCE_DAYS
from topology.backups import Backups
from topology.names import DUMPS_PREFIX

UNDELETE = Duration.days(EVIDENCE_DAYS + 7)
"""How long a deleted or overwritten object can still be brought back: until the weekly verification
is missed and the alarm says so, and a week of reaction time."""
INCOMPLETE_UPLOAD = Duration.days(2)
"""No upload of one backup lasts this long; what is left after it is a crash's debris."""
ACCESS_LOG = Duration.days(90)
"""How far back an investigation may look."""
_WRITTEN_ONCE = "Only S3 writes here, every object once."
_OF_ACCESS_LOGS = {
    "NIST.800.53.R5-S3DefaultEncryptionKMS": "S3 delivers access logs only to a bucket with S3's "
    "own encryption.",
    "NIST.800.53.R5-S3BucketVersioningEnabled": _WRITTEN_ONCE,
    "NIST.800.53.R5-S3BucketReplicationEnabled": "They tell of this region's bucket, and nothing "
    "depends on them.",
    "CKV_AWS_18": "These are the access logs; a log of who reads them would log itself.",
    "CKV_AWS_21": _WRITTEN_ONCE,
}
"""Which findings stay, and why."""


class BackupBucket(Construct):
    """Versioned, encrypted, private, TLS only, access logged, and retained on destroy.

    Where the creation of its own stack fails it is deleted with that stack, so that its name is
    free for the next try; CloudFormation deletes no bucket that holds something.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        log_bucket_name: str,
        key: kms.IKey,
        backups: Backups,
        is_copied: bool,
    ) -> None:
        """`is_copied` is true where whoever makes this has S3 copy the backups elsewhere."""
        super().__init__(scope, id)
        # Without it, which is the CDK's old default, access logs would need ACLs.
        self.node.set_context("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", True)
        locked = backups.object_lock_days > 0
        self.backups = bucket = s3.Bucket(
            self,
            "Backups",
            bucket_name=name,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self._log_bucket(log_bucket_name),
            lifecycle_rules=_lifecycle(backups),
            object_lock_enabled=locked or None,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(
                Duration.days(backups.object_lock_days)
            )
            if locked
            else None,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        if not is_copied:
            other = "The other site has backups of the same database in a bucket of its own."
            accept(bucket, {"NIST.800.53.R5-S3BucketReplicationEnabled": other})

    def _log_bucket(self, name: str) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLog",
            bucket_name=name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(id="expire", expiration=ACCESS_LOG)],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(bucket, _OF_ACCESS_LOGS)
        return bucket


def _lifecycle(backups: Backups) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id="undelete-window",
            noncurrent_version_expiration=UNDELETE,
            expired_object_delete_marker=True,
            abort_incomplete_multipart_upload_after=INCOMPLETE_UPLOAD,
        ),
        s3.LifecycleRule(
            id="dump-retention",
            prefix=f"{DUMPS_PREFIX}/",
            expiration=Duration.days(backups.dump_retention_days),
        ),
    ]
