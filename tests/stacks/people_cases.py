"""What an operator of pgtwin and a reader may and may not do: cases of test_permissions."""

from tests.stacks.machine_cases import (
    BASE,
    BASE_DR,
    DR,
    DUMP,
    ELSEWHERE,
    EVIDENCE,
    KEY,
    PRIMARY,
    REGIONS,
    TOKENS,
    Case,
    arn,
    key,
    tagged,
)
from tests.stacks.synthesised import ACCOUNT

OPERATOR, READER = ("operator",), ("reader",)
BOTH = (*OPERATOR, *READER)
BUCKETS = {"primary": PRIMARY, "dr": DR}
LOG_BUCKETS = {
    "primary": f"arn:aws:s3:::backup-bucket-ew1-logs-{ACCOUNT}",
    "dr": f"arn:aws:s3:::backup-bucket-ew2-logs-{ACCOUNT}",
}
INFO = {
    "primary": f"{PRIMARY}/physical/postgres-cluster/base/20261122T020000/backup.info",
    "dr": f"{DR}/physical-dr/postgres-cluster-dr-g2/base/20261122T030000/backup.info",
}
AUTHORITY = "pgtwin/authority-AbCdEf"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789"
NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
ACTIONS = "route53:ChangeResourceRecordSetsActions"


def parameter(site: str, name: str) -> str:
    return arn("ssm", REGIONS[site], f"parameter/pgtwin/pgtwin/{name}")


def secret(site: str, name: str) -> str:
    return arn("secretsmanager", REGIONS[site], f"secret:{name}")


def stack(site: str, name: str) -> str:
    return arn("cloudformation", REGIONS[site], f"stack/{name}/0a1b2c")


USER = "AROAOPERATOR:alice"
BY_USER = {"aws:userid": USER}
IN_A_SESSION = ("ssm:ResumeSession", "ssmmessages:OpenDataChannel")
POLICIES = "ssm:Policies"
"""Whether a parameter is given a policy, such as one that deletes it."""
DOCUMENT_CHECK = "ssm:SessionDocumentAccessCheck"
BY_DOCUMENT = {DOCUMENT_CHECK: "true"}
"""Of a session that names its document."""


def session(site: str, user: str) -> str:
    return arn("ssm", REGIONS[site], f"session/{user}-0a1b2c")


def instance(site: str) -> str:
    return arn("ec2", REGIONS[site], "instance/i-0123456789abcdef0")


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _read(site: str) -> tuple[Case, ...]:
    region = REGIONS[site]
    version = arn("ssm", region, "parameter/cdk-bootstrap/hnb659fds/version")
    return (
        Case(BOTH, "s3:ListBucket", BUCKETS[site]),
        Case(BOTH, "s3:ListBucketVersions", BUCKETS[site]),
        Case(BOTH, "s3:GetObject", f"{BUCKETS[site]}/{EVIDENCE}"),
        Case(BOTH, "s3:GetObject", INFO[site]),
        Case(BOTH, "kms:Decrypt", arn("kms", region, KEY), key(site, region)),
        *(
            Case(BOTH, "ssm:GetParameter", parameter(site, name))
            for name in ("record", "record:2", "lock", "authority", f"{site}/outputs")
        ),
        Case(BOTH, "ssm:GetParameter", version),
        Case(READER, "s3:ListBucket", LOG_BUCKETS[site]),
        Case(READER, "cloudformation:DescribeStacks", stack(site, f"pgtwin-{site}")),
        Case(READER, "secretsmanager:DescribeSecret", secret(site, "pgtwin/authority-AbCdEf")),
        Case(
            READER,
            "kms:DescribeKey",
            arn("kms", region, KEY),
            {"kms:ResourceAliases": [f"alias/pgtwin-{site}"]},
        ),
        Case(READER, "sns:ListSubscriptionsByTopic", arn("sns", region, f"pgtwin-{site}-alarms")),
        Case(
            READER,
            "ec2:DescribeInstanceAttribute",
            instance(site),
            tagged("aws:ResourceTag", "pgtwin", site),
        ),
    )


def _operate(site: str) -> tuple[Case, ...]:
    region = REGIONS[site]
    grant = {**key(site, region, "ec2"), "kms:GrantIsForAWSResource": "true"}
    document = arn("ssm", region, f"document/pgtwin-{site}-host")
    tunnel = arn("ssm", region, f"document/pgtwin-{site}-tunnel")
    by_ssm, by_ec2 = (
        tagged(prefix, "pgtwin", site) for prefix in ("ssm:resourceTag", "aws:ResourceTag")
    )
    return (
        *(
            Case(OPERATOR, "ssm:PutParameter", parameter(site, name), shown)
            for name in ("record", "lock")
            for shown in ({}, {POLICIES: "false"})
        ),
        Case(OPERATOR, "ssm:GetParameter", parameter(site, "lock:2")),
        Case(OPERATOR, "s3:GetObject", f"{BUCKETS[site]}/{DUMP}"),
        Case(OPERATOR, "s3:PutObject", f"{BUCKETS[site]}/journal/1.jsonl"),
        Case(OPERATOR, "kms:GenerateDataKey", arn("kms", region, KEY), key(site, region)),
        *(
            Case(
                OPERATOR,
                f"secretsmanager:{action}",
                secret(site, f"pgtwin/database/{user}-AbCdEf"),
            )
            for action in ("GetSecretValue", "PutSecretValue")
            for user in ("app_user", "dump_user")
        ),
        Case(OPERATOR, "ssm:SendCommand", document),
        Case(OPERATOR, "ssm:SendCommand", instance(site), by_ssm),
        Case(OPERATOR, "ssm:StartSession", instance(site), {**by_ssm, **BY_DOCUMENT}),
        Case(OPERATOR, "ssm:StartSession", tunnel, BY_DOCUMENT),
        *(Case(OPERATOR, action, session(site, USER), BY_USER) for action in IN_A_SESSION),
        Case(OPERATOR, "ssm:GetCommandInvocation", "*", {"aws:RequestedRegion": region}),
        Case(OPERATOR, "ec2:StartInstances", instance(site), by_ec2),
        Case(OPERATOR, "ec2:StopInstances", instance(site), by_ec2),
        Case(OPERATOR, "kms:CreateGrant", arn("kms", region, KEY), grant),
        *(
            Case(OPERATOR, f"iam:{verb}RolePolicy", role(f"pgtwin-{site}-{kind}"))
            for verb in ("Delete", "Get", "Put")
            for kind in ("server", "agent")
        ),
    )


ALIAS = {NAMES: ["writer.pgtwin.internal"], ACTIONS: ["UPSERT"]}
ALLOWED = (
    *(case for site in REGIONS for case in (*_read(site), *_operate(site))),
    *(
        Case(BOTH, action, "*")
        for action in (
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
    ),
    Case(READER, "ec2:DescribeInstanceTypeOfferings", "*"),
    Case(READER, "ec2:DescribeVolumes", "*"),
    Case(READER, "ec2:DescribeAddresses", "*"),
    Case(READER, "ec2:DescribeVpcs", "*"),
    Case(OPERATOR, "secretsmanager:PutSecretValue", secret("primary", AUTHORITY)),
    Case(OPERATOR, "route53:GetHostedZone", ZONE),
    Case(OPERATOR, "route53:ListResourceRecordSets", ZONE),
    Case(OPERATOR, "route53:ChangeResourceRecordSets", ZONE, ALIAS),
)
DENIED = (
    # What doctor looks at is this system's alone: user-data of others may hold secrets.
    Case(
        BOTH,
        "ec2:DescribeInstanceAttribute",
        instance("dr"),
        tagged("aws:ResourceTag", "other", "dr"),
    ),
    Case(BOTH, "secretsmanager:DescribeSecret", secret("dr", "other/authority-AbCdEf")),
    Case(BOTH, "cloudformation:DescribeStacks", stack("dr", "other-dr")),
    Case(BOTH, "sns:ListSubscriptionsByTopic", arn("sns", REGIONS["dr"], "other-dr-alarms")),
    Case(BOTH, "kms:DescribeKey", arn("kms", REGIONS["dr"], KEY)),
    Case(BOTH, "s3:ListBucket", LOG_BUCKETS["dr"], ELSEWHERE),
    # Nobody destroys a backup, nor reads the database from one.
    *(
        Case(BOTH, action, f"{bucket}/{name}")
        for bucket in (PRIMARY, DR)
        for name in (DUMP, EVIDENCE)
        for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject")
    ),
    Case(BOTH, "s3:GetObject", f"{PRIMARY}/physical/{BASE}"),
    Case(BOTH, "s3:GetObject", f"{DR}/physical-dr/{BASE_DR}"),
    Case(BOTH, "s3:GetObject", f"{PRIMARY}/etcd/server-1-1795300000"),
    Case(BOTH, "s3:PutLifecycleConfiguration", PRIMARY),
    Case(BOTH, "s3:ListBucket", DR, ELSEWHERE),
    Case(OPERATOR, "s3:PutObject", f"{PRIMARY}/journal/1.jsonl", ELSEWHERE),
    Case(BOTH, "kms:ScheduleKeyDeletion", arn("kms", REGIONS["dr"], KEY), key("dr", "eu-west-2")),
    # A reader learns no secret, moves nothing, and runs nothing.
    Case(READER, "s3:GetObject", f"{PRIMARY}/{DUMP}"),
    Case(READER, "ssm:PutParameter", parameter("primary", "record")),
    Case(READER, "ssm:GetParameter", parameter("primary", "lock:2")),
    Case(READER, "secretsmanager:GetSecretValue", secret("dr", "pgtwin/database/app_user-AbCdEf")),
    Case(READER, "ssm:SendCommand", arn("ssm", "eu-west-1", "document/pgtwin-primary-host")),
    Case(READER, "ec2:StopInstances", instance("dr"), tagged("aws:ResourceTag", "pgtwin", "dr")),
    # Nobody reads what the authority's key is made from, and none but a site says whom to trust.
    *(Case(BOTH, "secretsmanager:GetSecretValue", secret(site, AUTHORITY)) for site in REGIONS),
    *(Case(BOTH, "ssm:PutParameter", parameter(site, "authority")) for site in REGIONS),
    Case(READER, "secretsmanager:PutSecretValue", secret("primary", AUTHORITY)),
    # An operator works on this system, by the ways that pgtwin goes.
    Case(OPERATOR, "ssm:PutParameter", parameter("primary", "primary/bundle")),
    # A lock is given up by compare-and-set: a deleted one would begin again at version 1.
    *(
        Case(BOTH, "ssm:DeleteParameter", parameter(site, name))
        for site in REGIONS
        for name in ("record", "lock")
    ),
    Case(BOTH, "secretsmanager:GetSecretValue", secret("primary", TOKENS["primary"])),
    Case(OPERATOR, "ssm:SendCommand", "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"),
    *(
        Case(BOTH, "ssm:PutParameter", parameter(site, name), {POLICIES: "true"})
        for site in REGIONS
        for name in ("record", "lock")
    ),
    Case(OPERATOR, "ssm:ListCommandInvocations", "*"),
    # A tunnel ends at the writer.
    Case(
        OPERATOR,
        "ssm:StartSession",
        "arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSessionToRemoteHost",
        BY_DOCUMENT,
    ),
    # And it is one's own.
    *(
        Case(OPERATOR, action, session("primary", "AROAOTHER:bob"), BY_USER)
        for action in IN_A_SESSION
    ),
    # A session without a document is a shell.
    Case(
        OPERATOR,
        "ssm:StartSession",
        instance("primary"),
        {**tagged("ssm:resourceTag", "pgtwin", "primary"), DOCUMENT_CHECK: "false"},
    ),
    Case(
        OPERATOR,
        "ssm:StartSession",
        instance("primary"),
        {**tagged("ssm:resourceTag", "other", "primary"), **BY_DOCUMENT},
    ),
    Case(
        OPERATOR,
        "ssm:StartSession",
        "arn:aws:ssm:eu-west-1::document/AWS-StartInteractiveCommand",
        BY_DOCUMENT,
    ),
    Case(
        OPERATOR,
        "ssm:SendCommand",
        instance("primary"),
        tagged("ssm:resourceTag", "other", "primary"),
    ),
    *(
        Case(OPERATOR, action, instance("primary"), tagged("aws:ResourceTag", "pgtwin", "primary"))
        for action in ("ec2:TerminateInstances", "ec2:ModifyInstanceAttribute")
    ),
    Case(
        OPERATOR,
        "ec2:StopInstances",
        instance("primary"),
        tagged("aws:ResourceTag", "other", "primary"),
    ),
    Case(OPERATOR, "iam:PutRolePolicy", role("admin")),
    Case(
        OPERATOR,
        "route53:ChangeResourceRecordSets",
        ZONE,
        {**ALIAS, NAMES: ["k3s.pgtwin.internal"]},
    ),
    Case(OPERATOR, "route53:ChangeResourceRecordSets", ZONE, {**ALIAS, ACTIONS: ["DELETE"]}),
    Case(BOTH, "iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x"),
)
