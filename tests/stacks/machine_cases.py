"""What each role of a machine may and may not do: the cases of test_permissions."""

from dataclasses import dataclass, field
from typing import Any

from tests.stacks.synthesised import ACCOUNT
from topology.site import SITES

EW1, EW2 = "eu-west-1", "eu-west-2"
PRIMARY = f"arn:aws:s3:::backup-bucket-ew1-{ACCOUNT}"
DR = f"arn:aws:s3:::backup-bucket-ew2-{ACCOUNT}"
BASE = "postgres-cluster/base/20261122T020000/data.tar"
BASE_DR = "postgres-cluster-dr/base/20261122T030000/data.tar"
DUMP = "dumps/app_db/20261122T040000Z/toc.dat"
EVIDENCE = "evidence/20261122T060000Z-passed.json"
AUTHORITY = "secret:pgtwin/authority-AbCdEf"
TOKENS: dict[str, str] = {site: f"pgtwin/{site}/k3s-server-token-AbCdEf" for site in SITES}
AGENT, SERVER, DR_SERVER = "pgtwin-primary-agent", "pgtwin-primary-server", "pgtwin-dr-server"
EVERY = (AGENT, SERVER, DR_SERVER)
DATABASES = (AGENT, DR_SERVER)
SERVERS = (SERVER, DR_SERVER)


def arn(service: str, region: str, resource: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def key(site: str, region: str, service: str = "s3") -> dict[str, Any]:
    return {
        "kms:ResourceAliases": [f"alias/pgtwin-{site}"],
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
    }


def tagged(prefix: str, system: str, site: str) -> dict[str, Any]:
    return {f"{prefix}/pgtwin:system": system, f"{prefix}/pgtwin:site": site}


def metrics(region: str, namespace: str = "pgtwin/pgtwin") -> dict[str, Any]:
    return {"cloudwatch:namespace": namespace, "aws:RequestedRegion": region}


@dataclass(frozen=True)
class Case:
    """Somebody does something to a resource, with what the request shows of itself."""

    roles: tuple[str, ...]
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, Any]:
        """The context with what every request to S3 shows."""
        if not self.resource.startswith("arn:aws:s3:::"):
            return self.context
        return {"aws:ResourceAccount": ACCOUNT, **self.context}


REGIONS: dict[str, str] = {"primary": EW1, "dr": EW2}
SESSION_MANAGER = (
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:DescribeAssociation",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What the agent of Session Manager calls, as AWS' own AmazonSSMManagedInstanceCore lists it, but
for the documents below."""
READ_DOCUMENT = ("ssm:DescribeDocument", "ssm:GetDocument")


def of_role(site: str, role: str, system: str = "pgtwin") -> dict[str, Any]:
    """A machine, or its volume."""
    return {**tagged("aws:ResourceTag", system, site), "aws:ResourceTag/pgtwin:role": role}


def own_cases(role: str, site: str) -> tuple["Case", ...]:
    """What any machine does with its own volume, token and parameters."""
    region = REGIONS[site]
    disk = key(site, region, "ec2")
    machine = of_role(site, role.rpartition("-")[2])
    volume = arn("ec2", region, "volume/vol-0123456789abcdef0")
    instance = arn("ec2", region, "instance/i-0123456789abcdef0")
    bundle = f"parameter/pgtwin/pgtwin/{site}"
    grant = {**disk, "kms:GrantIsForAWSResource": "true"}
    token = f"secret:pgtwin/{site}/k3s-agent-token-AbCdEf"
    return (
        Case((role,), "ec2:AttachVolume", volume, machine),
        Case((role,), "ec2:AttachVolume", instance, machine),
        *(
            Case((role,), action, arn("kms", region, KEY), disk)
            for action in (
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
            )
        ),
        Case((role,), "kms:CreateGrant", arn("kms", region, KEY), grant),
        Case((role,), "ssm:GetParameter", arn("ssm", region, f"{bundle}/bundle")),
        Case((role,), "ssm:GetParameter", arn("ssm", region, f"{bundle}/signal")),
        Case((role,), "secretsmanager:GetSecretValue", arn("secretsmanager", region, token)),
    )


def verb(role: str, site: str) -> tuple["Case", ...]:
    """What a server does with its site's machines and credentials."""
    region = REGIONS[site]
    machine = tagged("ssm:resourceTag", "pgtwin", site)
    instance = arn("ec2", region, "instance/i-0123456789abcdef0")
    secrets = (
        TOKENS[site],
        "pgtwin/database/app_user-AbCdEf",
        "pgtwin/database/dump_user-AbCdEf",
        "pgtwin/authority-AbCdEf",
    )
    authority = arn("ssm", region, "parameter/pgtwin/pgtwin/authority")
    return (
        Case((role,), "ssm:SendCommand", arn("ssm", region, f"document/pgtwin-{site}-host")),
        Case((role,), "ssm:SendCommand", instance, machine),
        *(
            Case(
                (role,),
                "secretsmanager:GetSecretValue",
                arn("secretsmanager", region, f"secret:{name}"),
            )
            for name in secrets
        ),
        Case((role,), "ssm:GetParameter", authority),
        Case((role,), "ssm:PutParameter", authority),
        Case((role,), "ssm:PutParameter", authority, {"ssm:Policies": "false"}),
        Case((role,), "ssm:GetCommandInvocation", "*", {"aws:RequestedRegion": region}),
    )


KEY = "key/11111111-2222-3333-4444-555555555555"
"""The key of the site in the region, whichever that is."""
OTHER_KEY = "key/99999999-2222-3333-4444-555555555555"
ALLOWED = (
    Case((AGENT,), "s3:PutObject", f"{PRIMARY}/physical/{BASE}"),
    Case((AGENT,), "s3:DeleteObject", f"{PRIMARY}/physical/{BASE}"),
    Case((AGENT,), "s3:AbortMultipartUpload", f"{PRIMARY}/physical/{BASE}"),
    Case((DR_SERVER,), "s3:PutObject", f"{DR}/physical-dr/{BASE_DR}"),
    Case((DR_SERVER,), "s3:DeleteObject", f"{DR}/physical-dr/{BASE_DR}"),
    Case(EVERY, "s3:GetObject", f"{PRIMARY}/physical/{BASE}"),
    Case(EVERY, "s3:GetObject", f"{DR}/physical-dr/{BASE_DR}"),
    Case(EVERY, "s3:ListBucket", PRIMARY),
    Case(EVERY, "s3:ListBucket", DR),
    Case(DATABASES, "s3:PutObject", f"{PRIMARY}/{DUMP}"),
    Case(DATABASES, "s3:PutObject", f"{DR}/{DUMP}"),
    Case((SERVER,), "s3:PutObject", f"{PRIMARY}/etcd/server-1-1795300000"),
    Case((DR_SERVER,), "s3:DeleteObject", f"{DR}/etcd/server-1-1795300000"),
    Case((SERVER,), "s3:PutObject", f"{PRIMARY}/{EVIDENCE}"),
    Case((DR_SERVER,), "s3:PutObject", f"{DR}/{EVIDENCE}"),
    # A verification reads the dump's moment; its Job, on a database machine, the dump.
    Case((AGENT, SERVER), "s3:GetObject", f"{PRIMARY}/{DUMP}"),
    Case((DR_SERVER,), "s3:GetObject", f"{DR}/{DUMP}"),
    Case(
        (AGENT, SERVER), "s3:GetObject", f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{EW1}/a.zip"
    ),
    Case((DR_SERVER,), "s3:GetObject", f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{EW2}/a.zip"),
    Case(EVERY, "kms:Decrypt", arn("kms", EW1, KEY), key("primary", EW1)),
    Case(EVERY, "kms:GenerateDataKey", arn("kms", EW2, KEY), key("dr", EW2)),
    Case(
        (AGENT, SERVER),
        "kms:CreateGrant",
        arn("kms", EW1, KEY),
        {**key("primary", EW1, "ec2"), "kms:GrantIsForAWSResource": "true"},
    ),
    Case(EVERY, "ec2:DescribeVolumes", "*"),
    Case(
        (AGENT, SERVER),
        "ssm:GetParameter",
        arn("ssm", EW1, "parameter/pgtwin/pgtwin/primary/bundle"),
    ),
    Case((DR_SERVER,), "ssm:GetParameter", arn("ssm", EW2, "parameter/pgtwin/pgtwin/dr/signal")),
    # Every machine keeps its own gate for clients.
    *(
        Case(EVERY, "ssm:GetParameter", arn("ssm", region, f"parameter/pgtwin/pgtwin/{name}"))
        for region in (EW1, EW2)
        for name in ("record", "record:2")
    ),
    Case(
        (AGENT, SERVER),
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW1, "secret:pgtwin/primary/k3s-agent-token-AbCdEf"),
    ),
    Case(
        (SERVER,),
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW1, f"secret:{TOKENS['primary']}"),
    ),
    Case(
        (DR_SERVER,),
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW2, "secret:pgtwin/database/app_user-AbCdEf"),
    ),
    Case((SERVER,), "cloudwatch:PutMetricData", "*", metrics(EW1)),
    Case((DR_SERVER,), "cloudwatch:PutMetricData", "*", metrics(EW2)),
    Case((SERVER,), "ssm:SendCommand", arn("ssm", EW1, "document/pgtwin-primary-host")),
    Case(
        (SERVER,),
        "ssm:SendCommand",
        arn("ec2", EW1, "instance/i-0123456789abcdef0"),
        tagged("ssm:resourceTag", "pgtwin", "primary"),
    ),
    *(Case(EVERY, action, "*") for action in SESSION_MANAGER),
    # What associations name: this system's own, and those that AWS makes.
    *(
        Case((role,), action, resource)
        for role, site in ((AGENT, "primary"), (SERVER, "primary"), (DR_SERVER, "dr"))
        for action in READ_DOCUMENT
        for resource in (
            arn("ssm", REGIONS[site], f"document/pgtwin-{site}-host"),
            f"arn:aws:ssm:{REGIONS[site]}::document/AWS-GatherSoftwareInventory",
            f"arn:aws:ssm:{REGIONS[site]}::document/AmazonCloudWatch-ManageAgent",
        )
    ),
    Case(EVERY, "s3:GetBucketLocation", PRIMARY),
    Case(EVERY, "s3:GetBucketLocation", DR),
    *(
        Case((AGENT,), action, f"{PRIMARY}/physical/{BASE}")
        for action in ("s3:ListMultipartUploadParts",)
    ),
    *(
        Case((DR_SERVER,), action, f"{DR}/physical-dr/{BASE_DR}")
        for action in ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
    ),
    *(
        Case(DATABASES, action, f"{bucket}/{DUMP}")
        for bucket in (PRIMARY, DR)
        for action in ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
    ),
    *(
        Case((role,), action, f"{bucket}/etcd/server-1-1795300000")
        for role, bucket in ((SERVER, PRIMARY), (DR_SERVER, DR))
        for action in (
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        )
    ),
    *(
        Case(EVERY, action, arn("kms", region, KEY), key(site, region))
        for site, region in REGIONS.items()
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    ),
    *(
        case
        for role, site in ((AGENT, "primary"), (SERVER, "primary"), (DR_SERVER, "dr"))
        for case in own_cases(role, site)
    ),
    *(case for role, site in ((SERVER, "primary"), (DR_SERVER, "dr")) for case in verb(role, site)),
)
ELSEWHERE = {"aws:ResourceAccount": "999988887777"}
DENIED = (
    # A bucket that somebody else made under a name of ours gets nothing and gives nothing.
    Case(EVERY, "s3:ListBucket", DR, ELSEWHERE),
    Case(EVERY, "s3:GetObject", f"{PRIMARY}/physical/{BASE}", ELSEWHERE),
    Case(DATABASES, "s3:PutObject", f"{DR}/{DUMP}", ELSEWHERE),
    Case((AGENT,), "s3:PutObject", f"{PRIMARY}/physical/{BASE}", ELSEWHERE),
    Case((SERVER,), "s3:PutObject", f"{PRIMARY}/{EVIDENCE}", ELSEWHERE),
    # The other site's archive is read, never touched.
    Case((AGENT, SERVER), "s3:PutObject", f"{DR}/physical-dr/{BASE_DR}"),
    Case((AGENT, SERVER), "s3:DeleteObject", f"{DR}/physical-dr/{BASE_DR}"),
    Case((DR_SERVER,), "s3:PutObject", f"{PRIMARY}/physical/{BASE}"),
    Case((DR_SERVER,), "s3:DeleteObject", f"{PRIMARY}/physical/{BASE}"),
    # A prefix is a folder, not a beginning.
    Case((AGENT,), "s3:PutObject", f"{PRIMARY}/physical-dr/{BASE}"),
    Case((AGENT,), "s3:DeleteObject", f"{PRIMARY}/physical-old/{BASE}"),
    # A server without database pods writes no archive.
    Case((SERVER,), "s3:PutObject", f"{PRIMARY}/physical/{BASE}"),
    Case((SERVER,), "s3:DeleteObject", f"{PRIMARY}/physical/{BASE}"),
    # Dumps and deleted versions go by lifecycle only.
    *(
        Case(EVERY, action, f"{bucket}/{DUMP}")
        for bucket in (PRIMARY, DR)
        for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention")
    ),
    Case(EVERY, "s3:DeleteObjectVersion", f"{PRIMARY}/physical/{BASE}"),
    Case(EVERY, "s3:DeleteObjectVersion", f"{DR}/physical-dr/{BASE_DR}"),
    Case((AGENT, SERVER), "s3:GetObject", f"{DR}/{DUMP}"),
    # The authority's key is made on servers alone, and no server replaces it.
    Case((AGENT,), "secretsmanager:GetSecretValue", arn("secretsmanager", EW1, AUTHORITY)),
    Case(EVERY, "secretsmanager:PutSecretValue", arn("secretsmanager", EW1, AUTHORITY)),
    Case((AGENT,), "ssm:PutParameter", arn("ssm", EW1, "parameter/pgtwin/pgtwin/authority")),
    Case((DR_SERVER,), "ssm:PutParameter", arn("ssm", EW1, "parameter/pgtwin/pgtwin/authority")),
    *(
        Case(
            (role,),
            "ssm:PutParameter",
            arn("ssm", region, "parameter/pgtwin/pgtwin/authority"),
            {"ssm:Policies": "true"},
        )
        for role, region in ((SERVER, EW1), (DR_SERVER, EW2))
    ),
    # Documents of others in the account may hold what is secret.
    *(
        Case((role,), action, arn("ssm", REGIONS[site], f"document/{name}"))
        for role, site in ((AGENT, "primary"), (SERVER, "primary"), (DR_SERVER, "dr"))
        for action in READ_DOCUMENT
        for name in ("someone-elses", "pgtwin-lab-primary-host", f"pgtwin-{site}-host-2")
    ),
    Case((AGENT, SERVER), "ssm:GetDocument", arn("ssm", EW2, "document/pgtwin-dr-host")),
    Case((DR_SERVER,), "ssm:GetDocument", arn("ssm", EW1, "document/pgtwin-primary-host")),
    # What other commands of the account printed.
    Case(EVERY, "ssm:ListCommandInvocations", "*"),
    Case(EVERY, "ssm:ListCommands", "*"),
    Case((SERVER,), "ssm:GetCommandInvocation", "*", {"aws:RequestedRegion": EW2}),
    Case((AGENT,), "ssm:GetCommandInvocation", "*", {"aws:RequestedRegion": EW1}),
    # Snapshots hold every secret of a cluster.
    Case((AGENT, DR_SERVER), "s3:GetObject", f"{PRIMARY}/etcd/server-1-1795300000"),
    Case((AGENT, SERVER), "s3:GetObject", f"{DR}/etcd/server-1-1795300000"),
    # What was verified is the site's own to write; what was done is the operator's.
    Case((AGENT, DR_SERVER), "s3:PutObject", f"{PRIMARY}/{EVIDENCE}"),
    Case((AGENT, SERVER), "s3:PutObject", f"{DR}/{EVIDENCE}"),
    Case(EVERY, "s3:PutObject", f"{PRIMARY}/evidence-of-something-else/x"),
    *(
        Case(EVERY, action, f"{bucket}/{EVIDENCE}")
        for bucket in (PRIMARY, DR)
        for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject")
    ),
    *(Case(EVERY, "s3:PutObject", f"{bucket}/journal/x") for bucket in (PRIMARY, DR)),
    *(
        Case(EVERY, action, PRIMARY)
        for action in (
            "s3:DeleteBucket",
            "s3:PutBucketPolicy",
            "s3:PutLifecycleConfiguration",
            "s3:PutBucketVersioning",
        )
    ),
    # Keys: the site's own and the one with the other site's alias, only through the service.
    Case(EVERY, "kms:Decrypt", arn("kms", EW1, OTHER_KEY), key("other", EW1)),
    Case((AGENT, SERVER), "kms:Decrypt", arn("kms", EW1, OTHER_KEY), key("primary", EW1)),
    Case(
        EVERY,
        "kms:Decrypt",
        arn("kms", EW1, KEY),
        {"kms:ResourceAliases": ["alias/pgtwin-primary"]},
    ),
    Case(EVERY, "kms:ScheduleKeyDeletion", arn("kms", EW1, KEY), key("primary", EW1)),
    Case(
        EVERY,
        "kms:CreateGrant",
        arn("kms", EW1, KEY),
        {**key("primary", EW1), "kms:GrantIsForAWSResource": "false"},
    ),
    # Volumes of other systems, sites and roles, and any volume's end.
    *(
        Case((holder,), "ec2:AttachVolume", arn("ec2", EW1, f"{kind}-0123456789abcdef0"), tags)
        for holder, role in ((AGENT, "agent"), (SERVER, "server"))
        for kind in ("volume/vol", "instance/i")
        for tags in (
            of_role("primary", role, "other"),
            of_role("dr", role),
            of_role("primary", "server" if role == "agent" else "agent"),
        )
    ),
    Case((AGENT, SERVER), "ec2:AttachVolume", arn("ec2", EW1, "volume/vol-0123456789abcdef0")),
    Case(
        EVERY,
        "ec2:DeleteVolume",
        arn("ec2", EW1, "volume/vol-0123456789abcdef0"),
        tagged("aws:ResourceTag", "pgtwin", "primary"),
    ),
    Case(
        EVERY,
        "ec2:TerminateInstances",
        arn("ec2", EW1, "instance/i-0123456789abcdef0"),
        tagged("aws:ResourceTag", "pgtwin", "primary"),
    ),
    # Tokens and users: an agent can never become a server, nor read a password.
    Case(
        (AGENT,),
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW1, f"secret:{TOKENS['primary']}"),
    ),
    Case(
        (AGENT,),
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW1, "secret:pgtwin/database/app_user-AbCdEf"),
    ),
    Case(
        (SERVER,),
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW2, f"secret:{TOKENS['dr']}"),
    ),
    Case(
        EVERY,
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW1, "secret:someone-elses-AbCdEf"),
    ),
    Case(
        EVERY,
        "secretsmanager:PutSecretValue",
        arn("secretsmanager", EW1, "secret:pgtwin/database/app_user-AbCdEf"),
    ),
    # Parameters: the record and the lock are the operator's, the bundle is nobody's to change.
    *(
        Case(EVERY, "ssm:PutParameter", arn("ssm", region, f"parameter/pgtwin/pgtwin/{name}"))
        for region in (EW1, EW2)
        for name in ("record", "lock")
    ),
    Case(EVERY, "ssm:PutParameter", arn("ssm", EW1, "parameter/pgtwin/pgtwin/primary/bundle")),
    Case(EVERY, "ssm:GetParameter", arn("ssm", EW1, "parameter/someone/elses")),
    Case((SERVER,), "cloudwatch:PutMetricData", "*", metrics(EW1, "AWS/EC2")),
    # Another system of the account has figures of its own.
    Case(SERVERS, "cloudwatch:PutMetricData", "*", metrics(EW1, "pgtwin/pgtwin-lab")),
    # Whoever has taken one site cannot report that the other is well.
    Case((SERVER,), "cloudwatch:PutMetricData", "*", metrics(EW2)),
    Case((DR_SERVER,), "cloudwatch:PutMetricData", "*", metrics(EW1)),
    Case((AGENT,), "cloudwatch:PutMetricData", "*", metrics(EW1)),
    Case((AGENT,), "ssm:SendCommand", arn("ssm", EW1, "document/pgtwin-primary-host")),
    Case((SERVER,), "ssm:SendCommand", f"arn:aws:ssm:{EW1}::document/AWS-RunShellScript"),
    Case(
        (SERVER,),
        "ssm:SendCommand",
        arn("ec2", EW1, "instance/i-0123456789abcdef0"),
        tagged("ssm:resourceTag", "pgtwin", "dr"),
    ),
    Case(EVERY, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    Case(EVERY, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
)
