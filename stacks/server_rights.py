"""What a k3s server may do beyond: it keeps the snapshots and the credentials, and runs the site.

S3 calls are those of k3s' etcd snapshots (`pkg/etcd/s3/s3.go`).
"""

from stacks.allow import Allow
from stacks.archive_rights import ANY_OBJECT, WRITE
from stacks.machine_rights import BY_TAG, FOR_GOOD, NO_RESOURCE
from stacks.site_arns import SiteArns
from topology.names import DUMP_USER, ETCD_PREFIX, EVIDENCE_PREFIX


def server_rights(arns: SiteArns) -> tuple[Allow, ...]:
    """Snapshots, evidence, credentials, metrics, and verbs on its machines.

    Not the writer's record: only who decides on a move writes it, which is an operator.
    """
    names = arns.topology.names
    return (
        Allow(
            sid="EtcdSnapshots",
            actions=("s3:GetObject", "s3:DeleteObject", *WRITE),
            resources=(arns.objects(arns.site, ETCD_PREFIX),),
            wildcard=ANY_OBJECT,
            conditions=arns.own_account(),
        ),
        Allow(
            sid="Evidence",
            actions=("s3:PutObject",),
            resources=(arns.objects(arns.site, EVIDENCE_PREFIX),),
            wildcard="Keys are the moments of the verifications; the prefix is the boundary.",
            conditions=arns.own_account(),
        ),
        Allow(
            sid="Credentials",
            actions=("secretsmanager:GetSecretValue",),
            resources=(
                arns.secret(names.server_token(arns.site)),
                arns.secret(names.database_secret(arns.topology.database.owner)),
                arns.secret(names.database_secret(DUMP_USER)),
                arns.secret(names.authority_secret()),
            ),
        ),
        Allow(
            sid="ReadTrusted",
            actions=("ssm:GetParameter",),
            resources=(arns.parameter(names.authority_parameter()),),
        ),
        Allow(
            sid="WriteTrusted",
            actions=("ssm:PutParameter",),
            resources=(arns.parameter(names.authority_parameter()),),
            conditions=FOR_GOOD,
        ),
        Allow(
            sid="Metrics",
            actions=("cloudwatch:PutMetricData",),
            resources=("*",),
            wildcard=NO_RESOURCE,
            conditions={
                "StringEquals": {
                    "cloudwatch:namespace": names.metrics(),
                    # CloudWatch knows no other way to tell the sites apart: no dimension, no ARN.
                    "aws:RequestedRegion": arns.region,
                }
            },
        ),
        *_verb_rights(arns),
    )


def _verb_rights(arns: SiteArns) -> tuple[Allow, ...]:
    document = arns.topology.names.host_document(arns.site)
    return (
        Allow(
            sid="RunVerb",
            actions=("ssm:SendCommand",),
            resources=(arns.here("ssm", f"document/{document}"),),
        ),
        Allow(
            sid="RunVerbOnSite",
            actions=("ssm:SendCommand",),
            resources=(arns.here("ec2", "instance/*"),),
            wildcard=BY_TAG,
            conditions={"StringEquals": arns.tags("ssm:resourceTag")},
        ),
        Allow(
            sid="VerbOutcome",
            actions=("ssm:GetCommandInvocation",),
            resources=("*",),
            wildcard="This action takes no resource. It answers who knows a command's id, and no "
            "machine may list them.",
            conditions={"StringEquals": {"aws:RequestedRegion": arns.region}},
        ),
    )
