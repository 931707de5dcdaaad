"""What each machine may do, as a table to review.

What always holds: a site writes its own `physical*` prefix and only reads the other's; dumps are
put into both buckets; nobody deletes anything in the other site's bucket, nor a dump anywhere
(dumps expire). A machine's policy is the sum of what runs on it: the k3s server, the database.

Sources: S3 calls of barman-cloud 3.19 (`barman/cloud_providers/aws_s3.py`: HeadBucket carries no
prefix, so a condition on s3:prefix would refuse it), of k3s' etcd snapshots
(`pkg/etcd/s3/s3.go`), KMS needs of EBS (EC2 user guide, "How Amazon EBS encryption works").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam

from topology.names import DUMP_USER, DUMPS_PREFIX, ETCD_PREFIX, PHYSICAL_PREFIXES
from topology.site import SiteName
from topology.topology import Topology

WRITE = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
LIST = ("s3:ListBucket", "s3:GetBucketLocation")


@dataclass(frozen=True, kw_only=True)
class HostPolicy:
    """The statements for the machines of one site."""

    topology: Topology
    site: SiteName
    account: str
    """The account id, or CloudFormation's token for it."""

    def every_machine(self, asset_bucket: str) -> list[iam.PolicyStatement]:
        """Session Manager, the bundle, the agent's token, its own data volume, both archives."""
        names = self.topology.names
        return [
            _allow("SessionManager", _SESSION_MANAGER, ["*"]),
            _allow(
                "Programs",
                ["s3:GetObject"],
                [f"arn:aws:s3:::{asset_bucket}/*.zip", *self._k3s_mirror()],
            ),
            _allow(
                "SiteParameters",
                ["ssm:GetParameter"],
                [
                    self._here("ssm", f"parameter{names.bundle_parameter(self.site)}"),
                    self._here("ssm", f"parameter{names.signal_parameter(self.site)}"),
                ],
            ),
            self._secrets("AgentToken", names.agent_token(self.site)),
            _allow("FindVolume", ["ec2:DescribeVolumes"], ["*"]),
            _allow(
                "AttachVolume",
                ["ec2:AttachVolume"],
                [self._here("ec2", "volume/*"), self._here("ec2", "instance/*")],
                {"StringEquals": self._tags("aws:ResourceTag")},
            ),
            *self._volume_key(),
            *self._archives(),
        ]

    def server(self) -> list[iam.PolicyStatement]:
        """What runs a site: snapshots, credentials, the record, metrics, verbs on machines."""
        names = self.topology.names
        regions = (self.topology.primary.region, self.topology.dr.region)
        record = names.record_parameter()
        document = f"document/{names.host_document(self.site)}"
        return [
            _allow(
                "EtcdSnapshots",
                ["s3:GetObject", "s3:DeleteObject", *WRITE],
                [self._objects(self.site, ETCD_PREFIX)],
            ),
            self._secrets("ServerToken", names.server_token(self.site)),
            self._secrets(
                "DatabaseUsers",
                names.database_secret(self.topology.database.owner),
                names.database_secret(DUMP_USER),
            ),
            _allow(
                "WriterRecord",
                ["ssm:GetParameter", "ssm:PutParameter"],
                [f"arn:aws:ssm:{region}:{self.account}:parameter{record}" for region in regions],
            ),
            _allow(
                "Metrics",
                ["cloudwatch:PutMetricData"],
                ["*"],
                {"StringEquals": {"cloudwatch:namespace": "pgtwin"}},
            ),
            _allow("RunVerb", ["ssm:SendCommand"], [self._here("ssm", document)]),
            _allow(
                "RunVerbOnSite",
                ["ssm:SendCommand"],
                [self._here("ec2", "instance/*")],
                {"StringEquals": self._tags("ssm:resourceTag")},
            ),
            _allow("VerbOutcome", ["ssm:ListCommandInvocations"], ["*"]),
        ]

    def database(self) -> list[iam.PolicyStatement]:
        """What the database pods of a machine need: its own archive, and dumps in both buckets."""
        other = self.topology.other(self.site)
        return [
            _allow(
                "OwnArchive",
                ["s3:DeleteObject", *WRITE],
                [self._objects(self.site, PHYSICAL_PREFIXES[self.site])],
            ),
            _allow(
                "Dumps",
                WRITE,
                [self._objects(self.site, DUMPS_PREFIX), self._objects(other, DUMPS_PREFIX)],
            ),
        ]

    def _archives(self) -> list[iam.PolicyStatement]:
        other = self.topology.other(self.site)
        return [
            _allow("ListBuckets", LIST, [self._bucket(self.site), self._bucket(other)]),
            _allow(
                "ReadArchives",
                ["s3:GetObject"],
                [
                    self._objects(self.site, PHYSICAL_PREFIXES[self.site]),
                    self._objects(self.site, DUMPS_PREFIX),
                    self._objects(other, PHYSICAL_PREFIXES[other]),
                ],
            ),
            *(self._archive_key(site) for site in (self.site, other)),
        ]

    def _archive_key(self, site: SiteName) -> iam.PolicyStatement:
        region = self.topology.site(site).region
        return _allow(
            f"ArchiveKey{site.capitalize()}",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [f"arn:aws:kms:{region}:{self.account}:key/*"],
            {
                **self._alias(site),
                "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
            },
        )

    def _volume_key(self) -> list[iam.PolicyStatement]:
        keys = [self._here("kms", "key/*")]
        region = self.topology.site(self.site).region
        return [
            _allow(
                "VolumeKey",
                ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"],
                keys,
                {
                    **self._alias(self.site),
                    "StringEquals": {"kms:ViaService": f"ec2.{region}.amazonaws.com"},
                },
            ),
            _allow(
                "VolumeGrant",
                ["kms:CreateGrant"],
                keys,
                {**self._alias(self.site), "Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
        ]

    def _alias(self, site: SiteName) -> dict[str, Any]:
        return {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": self.topology.names.key_alias(site)}
        }

    def _bucket(self, site: SiteName) -> str:
        name = self.topology.names.bucket(self.topology.site(site).bucket, self.account)
        return f"arn:aws:s3:::{name}"

    def _objects(self, site: SiteName, prefix: str) -> str:
        return f"{self._bucket(site)}/{prefix}/*"

    def _secrets(self, sid: str, *names: str) -> iam.PolicyStatement:
        secrets = [self._here("secretsmanager", f"secret:{name}-??????") for name in names]
        return _allow(sid, ["secretsmanager:GetSecretValue"], secrets)

    def _tags(self, key: str) -> dict[str, str]:
        return {f"{key}/pgtwin:system": self.topology.name, f"{key}/pgtwin:site": self.site}

    def _k3s_mirror(self) -> list[str]:
        mirror = self.topology.versions.k3s.mirror
        return [f"{mirror.replace('s3://', 'arn:aws:s3:::')}/*"] if mirror else []

    def _here(self, service: str, resource: str) -> str:
        region = self.topology.site(self.site).region
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"


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


def _allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, Any] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, actions=list(actions), resources=list(resources), conditions=conditions
    )
