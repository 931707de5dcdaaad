"""What each role may and may not do, judged by a policy evaluator that honours conditions.

Identity policies and, for keys, the key's own policy are judged. Bucket policies only ever deny:
that is tested with the bucket.
"""

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.stacks.synthesised import ACCOUNT, ROOT, Synthesised
from topology.site import SITES

EW1, EW2 = "eu-west-1", "eu-west-2"
PRIMARY = f"arn:aws:s3:::backup-bucket-ew1-{ACCOUNT}"
DR = f"arn:aws:s3:::backup-bucket-ew2-{ACCOUNT}"
BASE = "postgres-cluster/base/20261122T020000/data.tar"
BASE_DR = "postgres-cluster-dr/base/20261122T030000/data.tar"
DUMP = "dumps/app_db/20261122T040000Z/toc.dat"
EVIDENCE = "evidence/20261122T060000Z-passed.json"
TOKENS = {site: f"pgtwin/{site}/k3s-server-token-AbCdEf" for site in SITES}
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


@dataclass(frozen=True)
class Case:
    roles: tuple[str, ...]
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)


KEY = "key/11111111-2222-3333-4444-555555555555"
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
    Case(
        (AGENT, SERVER),
        "ec2:AttachVolume",
        arn("ec2", EW1, "volume/vol-0123456789abcdef0"),
        tagged("aws:ResourceTag", "pgtwin", "primary"),
    ),
    Case(EVERY, "ec2:DescribeVolumes", "*"),
    Case(
        (AGENT, SERVER),
        "ssm:GetParameter",
        arn("ssm", EW1, "parameter/pgtwin/pgtwin/primary/bundle"),
    ),
    Case((DR_SERVER,), "ssm:GetParameter", arn("ssm", EW2, "parameter/pgtwin/pgtwin/dr/signal")),
    # Every machine keeps its own gate for clients.
    Case(EVERY, "ssm:GetParameter", arn("ssm", EW1, "parameter/pgtwin/pgtwin/record")),
    Case(EVERY, "ssm:GetParameter", arn("ssm", EW2, "parameter/pgtwin/pgtwin/record")),
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
    Case(SERVERS, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "pgtwin"}),
    Case((SERVER,), "ssm:SendCommand", arn("ssm", EW1, "document/pgtwin-primary-host")),
    Case(
        (SERVER,),
        "ssm:SendCommand",
        arn("ec2", EW1, "instance/i-0123456789abcdef0"),
        tagged("ssm:resourceTag", "pgtwin", "primary"),
    ),
    Case(EVERY, "ssmmessages:OpenDataChannel", "*"),
)
DENIED = (
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
    # Snapshots hold every secret of a cluster.
    Case((AGENT, DR_SERVER), "s3:GetObject", f"{PRIMARY}/etcd/server-1-1795300000"),
    Case((AGENT, SERVER), "s3:GetObject", f"{DR}/etcd/server-1-1795300000"),
    # What was proved is the site's own to write; what was done is the operator's.
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
    # Keys: only those with the system's alias, only through the service.
    Case(EVERY, "kms:Decrypt", arn("kms", EW1, KEY), key("other", EW1)),
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
    # Volumes of other systems, and any volume's end.
    Case(
        EVERY,
        "ec2:AttachVolume",
        arn("ec2", EW1, "volume/vol-0123456789abcdef0"),
        tagged("aws:ResourceTag", "other", "primary"),
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
    Case(SERVERS, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/EC2"}),
    Case((AGENT,), "ssm:SendCommand", arn("ssm", EW1, "document/pgtwin-primary-host")),
    Case((SERVER,), "ssm:SendCommand", arn("ssm", EW1, "document/AWS-RunShellScript")),
    Case(
        (SERVER,),
        "ssm:SendCommand",
        arn("ec2", EW1, "instance/i-0123456789abcdef0"),
        tagged("ssm:resourceTag", "pgtwin", "dr"),
    ),
    Case(EVERY, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    Case(EVERY, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
)


def named(cases: tuple[Case, ...]) -> list[Any]:
    return [
        pytest.param(role, case, id=f"{role} {case.action} {n}")
        for n, case in enumerate(cases)
        for role in case.roles
    ]


@pytest.fixture(scope="session")
def decisions(shipped: dict[str, Synthesised]) -> dict[tuple[str, int], str]:
    """Every case's decision, from one run of the evaluator."""
    policies = {
        role["RoleName"]: role["Policies"][0]["PolicyDocument"]
        for site in SITES
        for role in shipped["default"].properties(site, "AWS::IAM::Role")
        if "RoleName" in role
    }
    keys = {
        shipped["default"].topology.site(site).region: key["KeyPolicy"]
        for site in SITES
        for key in shipped["default"].properties(site, "AWS::KMS::Key")
    }
    asked = [(role, case) for case in (*ALLOWED, *DENIED) for role in case.roles]
    requests = [
        {
            "role": role,
            "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/i-0123456789abcdef0",
            "action": case.action,
            "resource": case.resource,
            "account": ACCOUNT,
            "context": case.context,
            "key_policy": keys[case.resource.split(":")[3]] if ":kms:" in case.resource else None,
        }
        for role, case in asked
    ]
    run = subprocess.run(
        ["node", str(ROOT / "tests/stacks/simulate.mjs")],
        input=json.dumps({"policies": policies, "requests": requests}),
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        (role, id(case)): decision
        for (role, case), decision in zip(asked, json.loads(run.stdout), strict=True)
    }


@pytest.mark.parametrize(("role", "case"), named(ALLOWED))
def test_allows(role: str, case: Case, decisions: dict[tuple[str, int], str]) -> None:
    assert decisions[role, id(case)] == "Allowed"


@pytest.mark.parametrize(("role", "case"), named(DENIED))
def test_denies(role: str, case: Case, decisions: dict[tuple[str, int], str]) -> None:
    assert decisions[role, id(case)] == "ImplicitlyDenied"


def test_stays_within_the_size_of_an_inline_policy(each: Synthesised) -> None:
    for site in SITES:
        for role in each.properties(site, "AWS::IAM::Role"):
            document = json.dumps(role.get("Policies", []), separators=(",", ":"))
            assert len(document) < 10_240
