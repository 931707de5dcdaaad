"""What each machine may do, as a table to review.

What always holds: a site writes its own `physical*` prefix and only reads the other's; dumps are
put into both buckets; nobody deletes anything in the other site's bucket, nor a dump anywhere
(dumps expire). A machine's policy is the sum of what runs on it: the k3s server, the database.

Sources: S3 calls of barman-cloud 3.19 (`barman/cloud_providers/aws_s3.py`: HeadBucket carries no
prefix, so a condition on s3:prefix would refuse it), of k3s' etcd snapshots
(`pkg/etcd/s3/s3.go`), KMS needs of EBS (EC2 user guide, "How Amazon EBS encryption works").
"""

from dataclasses import dataclass

from stacks.allow import Allow
from stacks.site_arns import SiteArns
from topology.names import DUMP_USER, DUMPS_PREFIX, ETCD_PREFIX, PHYSICAL_PREFIXES
from topology.site import SiteName
from topology.topology import Topology

WRITE = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
LIST = ("s3:ListBucket", "s3:GetBucketLocation")
ANY_OBJECT = "Object keys are made by barman, k3s and pg_dump; the prefix is the boundary."
BY_TAG = "Instance and volume ids are known only once they exist; tags are the boundary."
BY_ALIAS = "Key ids differ by region and are known only once they exist; the alias is the boundary."
NO_RESOURCE = "These actions take no resource."


@dataclass(frozen=True, kw_only=True)
class HostPolicy:
    """The statements for the machines of one site."""

    topology: Topology
    site: SiteName
    account: str
    """The account id, or CloudFormation's token for it."""

    def every_machine(self) -> tuple[Allow, ...]:
        """Session Manager, the bundle, the agent's token, its own data volume, both archives."""
        names = self.topology.names
        return (
            Allow(
                sid="SessionManager",
                actions=_SESSION_MANAGER,
                resources=("*",),
                wildcard=NO_RESOURCE,
            ),
            Allow(
                sid="Programs",
                actions=("s3:GetObject",),
                resources=(self._arns.assets(), *self._arns.k3s_mirror()),
                wildcard="Keys are content hashes, new with each bundle.",
            ),
            Allow(
                sid="SiteParameters",
                actions=("ssm:GetParameter",),
                resources=(
                    self._arns.here("ssm", f"parameter{names.bundle_parameter(self.site)}"),
                    self._arns.here("ssm", f"parameter{names.signal_parameter(self.site)}"),
                ),
            ),
            self._secrets("AgentToken", names.agent_token(self.site)),
            Allow(
                sid="FindVolume",
                actions=("ec2:DescribeVolumes",),
                resources=("*",),
                wildcard=NO_RESOURCE,
            ),
            Allow(
                sid="AttachVolume",
                actions=("ec2:AttachVolume",),
                resources=(
                    self._arns.here("ec2", "volume/*"),
                    self._arns.here("ec2", "instance/*"),
                ),
                wildcard=BY_TAG,
                conditions={"StringEquals": self._tags("aws:ResourceTag")},
            ),
            *self._volume_key(),
            *self._archives(),
        )

    def server(self) -> tuple[Allow, ...]:
        """What runs a site: snapshots, credentials, the record, metrics, verbs on machines."""
        names = self.topology.names
        record = names.record_parameter()
        return (
            Allow(
                sid="EtcdSnapshots",
                actions=("s3:GetObject", "s3:DeleteObject", *WRITE),
                resources=(self._arns.objects(self.site, ETCD_PREFIX),),
                wildcard=ANY_OBJECT,
            ),
            self._secrets("ServerToken", names.server_token(self.site)),
            self._secrets(
                "DatabaseUsers",
                names.database_secret(self.topology.database.owner),
                names.database_secret(DUMP_USER),
            ),
            Allow(
                sid="WriterRecord",
                actions=("ssm:GetParameter", "ssm:PutParameter"),
                resources=(
                    self._arns.at(self.topology.primary.region, "ssm", f"parameter{record}"),
                    self._arns.at(self.topology.dr.region, "ssm", f"parameter{record}"),
                ),
            ),
            Allow(
                sid="Metrics",
                actions=("cloudwatch:PutMetricData",),
                resources=("*",),
                wildcard=NO_RESOURCE,
                conditions={"StringEquals": {"cloudwatch:namespace": "pgtwin"}},
            ),
            *self._verbs(),
        )

    def database(self) -> tuple[Allow, ...]:
        """What the database pods of a machine need: its own archive, and dumps in both buckets."""
        other = self.topology.other(self.site)
        return (
            Allow(
                sid="OwnArchive",
                actions=("s3:DeleteObject", *WRITE),
                resources=(self._arns.objects(self.site, PHYSICAL_PREFIXES[self.site]),),
                wildcard=ANY_OBJECT,
            ),
            Allow(
                sid="Dumps",
                actions=WRITE,
                resources=(
                    self._arns.objects(self.site, DUMPS_PREFIX),
                    self._arns.objects(other, DUMPS_PREFIX),
                ),
                wildcard=ANY_OBJECT,
            ),
        )

    def _verbs(self) -> tuple[Allow, ...]:
        document = f"document/{self.topology.names.host_document(self.site)}"
        return (
            Allow(
                sid="RunVerb",
                actions=("ssm:SendCommand",),
                resources=(self._arns.here("ssm", document),),
            ),
            Allow(
                sid="RunVerbOnSite",
                actions=("ssm:SendCommand",),
                resources=(self._arns.here("ec2", "instance/*"),),
                wildcard=BY_TAG,
                conditions={"StringEquals": self._tags("ssm:resourceTag")},
            ),
            Allow(
                sid="VerbOutcome",
                actions=("ssm:ListCommandInvocations",),
                resources=("*",),
                wildcard=NO_RESOURCE,
            ),
        )

    def _archives(self) -> tuple[Allow, ...]:
        other = self.topology.other(self.site)
        return (
            Allow(
                sid="ListBuckets",
                actions=LIST,
                resources=(self._arns.bucket(self.site), self._arns.bucket(other)),
            ),
            Allow(
                sid="ReadArchives",
                actions=("s3:GetObject",),
                resources=(
                    self._arns.objects(self.site, PHYSICAL_PREFIXES[self.site]),
                    self._arns.objects(self.site, DUMPS_PREFIX),
                    self._arns.objects(other, PHYSICAL_PREFIXES[other]),
                ),
                wildcard=ANY_OBJECT,
            ),
            self._archive_key(self.site),
            self._archive_key(other),
        )

    def _archive_key(self, site: SiteName) -> Allow:
        region = self.topology.site(site).region
        return Allow(
            sid=f"ArchiveKey{site.capitalize()}",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=(self._arns.at(region, "kms", "key/*"),),
            wildcard=BY_ALIAS,
            conditions={
                "ForAnyValue:StringEquals": self._alias(site),
                "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
            },
        )

    def _volume_key(self) -> tuple[Allow, ...]:
        keys = self._arns.here("kms", "key/*")
        region = self.topology.site(self.site).region
        return (
            Allow(
                sid="VolumeKey",
                actions=("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"),
                resources=(keys,),
                wildcard=BY_ALIAS,
                conditions={
                    "ForAnyValue:StringEquals": self._alias(self.site),
                    "StringEquals": {"kms:ViaService": f"ec2.{region}.amazonaws.com"},
                },
            ),
            Allow(
                sid="VolumeGrant",
                actions=("kms:CreateGrant",),
                resources=(keys,),
                wildcard=BY_ALIAS,
                conditions={
                    "ForAnyValue:StringEquals": self._alias(self.site),
                    "Bool": {"kms:GrantIsForAWSResource": "true"},
                },
            ),
        )

    def _secrets(self, sid: str, *names: str) -> Allow:
        return Allow(
            sid=sid,
            actions=("secretsmanager:GetSecretValue",),
            resources=tuple(self._arns.secret(name) for name in names),
        )

    def _alias(self, site: SiteName) -> dict[str, str]:
        return {"kms:ResourceAliases": self.topology.names.key_alias(site)}

    def _tags(self, key: str) -> dict[str, str]:
        return {f"{key}/pgtwin:system": self.topology.name, f"{key}/pgtwin:site": self.site}

    @property
    def _arns(self) -> SiteArns:
        return SiteArns(topology=self.topology, site=self.site, account=self.account)


_SESSION_MANAGER = (
    "ssm:UpdateInstanceInformation",
    "ssm:DescribeAssociation",
    "ssm:DescribeDocument",
    "ssm:GetDocument",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
)
"""AmazonSSMManagedInstanceCore without its right to read every parameter of the account."""
