"""What people may do: whoever operates with `pgtwin`, and whoever only looks.

What always holds: only an operator moves the writer's record, and names the next authority without
reading what its key is made from. Nobody here deletes a backup, a version of one, a key or a
machine, or reads a base backup; a reader reads no secret, no dump, and runs nothing on a machine.

`pgtwin` fences a site by writing a policy into the roles of its machines. IAM cannot tell a denial
from a grant there, so an operator could also give those machines more: that is the price of
a fence which needs nothing of the lost region.
"""

from collections.abc import Mapping

from stacks.allow import Allow, together
from stacks.archive_rights import BY_ALIAS, read_key
from stacks.doctor_rights import doctor_rights
from stacks.machine_rights import BY_TAG, FOR_GOOD, LATE_PUT, NO_RESOURCE
from stacks.site_arns import BOOTSTRAP_QUALIFIER, SiteArns
from stacks.tunnel_rights import tunnel_rights
from topology.names import (
    DUMP_USER,
    DUMPS_PREFIX,
    EVIDENCE_PREFIX,
    JOURNAL_PREFIX,
    PHYSICAL_PREFIXES,
)
from topology.site import SITES
from topology.topology import Topology

PEOPLE = ("operator", "reader")
_BY_PREFIX = "Keys are made by runs; the prefix is the boundary."


def people_rights(topology: Topology, account: str) -> Mapping[str, tuple[Allow, ...]]:
    """The rows of each, over both sites: a person operates the pair, not one of the two.

    In as few rows as say it: IAM takes 10,240 characters of policies in a role ("IAM and STS
    quotas"), and with the longest names there were more.
    """
    arns = tuple(SiteArns(topology=topology, site=site, account=account) for site in SITES)
    return {
        "operator": together(_operator(arns)),
        "reader": together((*_observer(arns), *doctor_rights(arns))),
    }


def _observer(arns: tuple[SiteArns, ...]) -> tuple[Allow, ...]:
    """Lists, evidence, the record, and what CloudWatch shows."""
    return (
        Allow(
            sid="ListBuckets",
            # A thief's deletions show among the versions alone.
            actions=("s3:ListBucket", "s3:ListBucketVersions"),
            resources=tuple(each.bucket(each.site) for each in arns),
            conditions=arns[0].own_account(),
        ),
        Allow(
            sid="ReadProofs",
            actions=("s3:GetObject",),
            resources=(
                *(each.objects(each.site, EVIDENCE_PREFIX) for each in arns),
                *(f"{_archive(each)}/base/*/backup.info" for each in arns),
            ),
            wildcard=_BY_PREFIX,
            conditions=arns[0].own_account(),
        ),
        *(read_key(each, each.site, actions=("kms:Decrypt",)) for each in arns),
        Allow(
            sid="ReadParameters",
            actions=("ssm:GetParameter",),
            resources=tuple(
                each.parameter(name)
                for each in arns
                for name in (
                    each.topology.names.record_parameter(),
                    each.topology.names.lock_parameter(),
                    each.topology.names.authority_parameter(),
                    each.topology.names.outputs_parameter(each.site),
                    f"/cdk-bootstrap/{BOOTSTRAP_QUALIFIER}/version",
                )
            ),
        ),
        Allow(
            sid="ReadVersionBefore",
            actions=("ssm:GetParameter",),
            resources=tuple(
                each.parameter(f"{each.topology.names.record_parameter()}:*") for each in arns
            ),
            wildcard=LATE_PUT,
        ),
        Allow(sid="Look", actions=_LOOK, resources=("*",), wildcard=NO_RESOURCE),
    )


_LOOK = (
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "ec2:DescribeInstances",
    "ec2:DescribeRouteTables",
    "ec2:DescribeVpcPeeringConnections",
    "elasticloadbalancing:DescribeLoadBalancers",
    "route53:ListHostedZonesByName",
    "servicequotas:GetServiceQuota",
    "ssm:DescribeInstanceInformation",
)


def _operator(arns: tuple[SiteArns, ...]) -> tuple[Allow, ...]:
    """Sees what a reader sees of the two sites, moves the writer, runs verbs and fetches dumps."""
    names = arns[0].topology.names
    return (
        *_observer(arns),
        Allow(
            sid="RecordAndLock",
            actions=("ssm:PutParameter",),
            resources=tuple(
                each.parameter(name)
                for each in arns
                for name in (names.record_parameter(), names.lock_parameter())
            ),
            conditions=FOR_GOOD,
        ),
        Allow(
            sid="ReadLockBefore",
            actions=("ssm:GetParameter",),
            resources=tuple(each.parameter(f"{names.lock_parameter()}:*") for each in arns),
            wildcard="Who came between a look and a put is read as name:version.",
        ),
        Allow(
            sid="ReadDumps",
            actions=("s3:GetObject",),
            resources=tuple(each.objects(each.site, DUMPS_PREFIX) for each in arns),
            wildcard=_BY_PREFIX,
            conditions=arns[0].own_account(),
        ),
        Allow(
            sid="Journal",
            actions=("s3:PutObject",),
            resources=tuple(each.objects(each.site, JOURNAL_PREFIX) for each in arns),
            wildcard=_BY_PREFIX,
            conditions=arns[0].own_account(),
        ),
        *(
            read_key(each, each.site, sid="JournalKey", actions=("kms:GenerateDataKey",))
            for each in arns
        ),
        Allow(
            sid="DatabasePasswords",
            actions=("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
            resources=tuple(
                each.secret(names.database_secret(user))
                for each in arns
                for user in (each.topology.database.owner, DUMP_USER)
            ),
        ),
        Allow(
            sid="NextAuthority",
            actions=("secretsmanager:PutSecretValue",),
            resources=(arns[0].secret(names.authority_secret()),),
        ),
        *(row for each in arns for row in _machines(each)),
        *_alias(arns[0]),
    )


def _machines(arns: SiteArns) -> tuple[Allow, ...]:
    site, names = arns.site.capitalize(), arns.topology.names
    pods = names.pod_roles(arns.site) if arns.topology.site(arns.site).issuer else ()
    roles = (names.server_role(arns.site), names.agent_role(arns.site), *pods)
    return (
        Allow(
            sid=f"RunVerb{site}",
            actions=("ssm:SendCommand",),
            resources=(arns.here("ssm", f"document/{names.host_document(arns.site)}"),),
        ),
        Allow(
            sid=f"OnMachines{site}",
            actions=("ssm:SendCommand",),
            resources=(arns.here("ec2", "instance/*"),),
            wildcard=BY_TAG,
            conditions={"StringEquals": arns.tags("ssm:resourceTag")},
        ),
        *tunnel_rights(arns),
        Allow(
            sid=f"Outcome{site}",
            actions=("ssm:GetCommandInvocation",),
            resources=("*",),
            wildcard=NO_RESOURCE,
            conditions={"StringEquals": {"aws:RequestedRegion": arns.region}},
        ),
        Allow(
            sid=f"Power{site}",
            actions=("ec2:StartInstances", "ec2:StopInstances"),
            resources=(arns.here("ec2", "instance/*"),),
            wildcard=BY_TAG,
            conditions={"StringEquals": arns.tags("aws:ResourceTag")},
        ),
        Allow(
            sid=f"VolumeKey{site}",
            actions=("kms:CreateGrant",),
            resources=(arns.here("kms", "key/*"),),
            wildcard=BY_ALIAS,
            conditions={
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": names.key_alias(arns.site)},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        ),
        Allow(
            sid=f"Fence{site}",
            actions=("iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"),
            resources=tuple(f"arn:aws:iam::{arns.account}:role/{role}" for role in roles),
        ),
    )


def _alias(arns: SiteArns) -> tuple[Allow, ...]:
    zone = ("arn:aws:route53:::hostedzone/*",)
    why = "Zone ids are known only once they exist; the record's name is the boundary."
    host = arns.topology.names.writer_alias()
    return (
        Allow(
            sid="ReadZones",
            actions=("route53:GetHostedZone", "route53:ListResourceRecordSets"),
            resources=zone,
            wildcard=why,
        ),
        Allow(
            sid="PointAlias",
            actions=("route53:ChangeResourceRecordSets",),
            resources=zone,
            wildcard=why,
            conditions={
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": host,
                    "route53:ChangeResourceRecordSetsActions": "UPSERT",
                }
            },
        ),
    )


def _archive(arns: SiteArns) -> str:
    """Every generation of a site's archive."""
    return arns.objects(arns.site, PHYSICAL_PREFIXES[arns.site])
