"""Where a site's backups are: the bucket and the key, which outlive every stack."""

from aws_cdk import Aws, NestedStack, RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.backup_bucket import BackupBucket
from stacks.site_arns import SiteArns
from stacks.third_copy import CopyRole, copied
from topology.site import SiteName
from topology.topology import Topology


class BackupStore(NestedStack):
    """A site's bucket and the key that encrypts it and the site's volumes."""

    def __init__(self, scope: Construct, id: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, id)
        names, bucket = topology.names, topology.site(site).bucket
        copy = topology.site(site).third_copy
        self.key = kms.Key(
            self,
            "Key",
            description=f"Backups and volumes of {topology.name} {site}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        # As lasting as the key: by this name the other site's machines may use it, to read what
        # stays in the bucket.
        kms.Alias(
            self,
            "Alias",
            alias_name=names.key_alias(site),
            target_key=self.key,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.bucket = BackupBucket(
            self,
            "Bucket",
            name=names.bucket(bucket, Aws.ACCOUNT_ID),
            log_bucket_name=names.log_bucket(bucket, Aws.ACCOUNT_ID),
            key=self.key,
            backups=topology.backups,
            is_copied=copy is not None,
        )
        if copy:
            arns = SiteArns(
                topology=topology, site=site, account=Aws.ACCOUNT_ID, key=self.key.key_arn
            )
            copied(self.bucket.backups, CopyRole(self, "Copies", arns=arns, copy=copy), copy)
