"""The stack's own issuer and roles of pods, in the embedded AWS, with IAM enforced."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_kms as kms
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from drill.aws.embedded_aws import EmbeddedAws
from drill.kubernetes.service_account_tokens import TokenIssuer
from pgtwin.aws.sites import sites
from stacks.allow import policy
from stacks.issuer import DOCUMENTS, issuer_rights
from stacks.pod_roles import PodRoles
from tests.stacks.test_pod_roles import ISSUER, issuing

REGION, BUCKET = "eu-west-1", "issuer-of-primary"
ANYBODY = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
SERVER = "pgtwin-primary-server"


@pytest.fixture(scope="module")
def made(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The nested stack, the site's backup bucket, and a server's role with this right alone."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("pod-roles")))
    stack = cdk.Stack(app, "Site", env=cdk.Environment(region=REGION))
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{aws.account}:key/1-2")
    PodRoles(stack, "PodRoles", topology=issuing(), site="primary", key=key)
    app.synth()
    (template,) = Path(app.outdir).glob("*PodRoles*.template.json")
    cloudformation = aws.client("cloudformation", REGION)
    cloudformation.create_stack(StackName="pod-roles", TemplateBody=template.read_text())
    (found,) = cloudformation.describe_stacks(StackName="pod-roles")["Stacks"]
    assert found["StackStatus"] == "CREATE_COMPLETE"
    where = {"LocationConstraint": REGION}
    aws.client("s3", REGION).create_bucket(Bucket=backups(aws), CreateBucketConfiguration=where)
    iam = aws.client("iam", REGION)
    for role in (SERVER, "pgtwin-primary-agent"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    rights = json.dumps(policy(issuer_rights(issuing(), "primary")))
    iam.put_role_policy(RoleName=SERVER, PolicyName="host", PolicyDocument=rights)
    aws.enforce_iam()
    yield aws
    aws.enforce_iam(enforce=False)


def backups(aws: EmbeddedAws) -> str:
    return f"backup-bucket-ew1-{aws.account}"


def s3_of(aws: EmbeddedAws, taken: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=aws.endpoint(REGION),
        region_name=REGION,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def anybody(aws: EmbeddedAws, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=aws.endpoint(REGION), region_name=REGION, config=ANYBODY
    )


@pytest.fixture(scope="module")
def issuer(made: EmbeddedAws) -> TokenIssuer:
    """What the site's API server is; its documents are written as a server of the site."""
    issuer = TokenIssuer(f"https://{ISSUER}")
    arn = f"arn:aws:iam::{made.account}:role/{SERVER}"
    server = made.client("sts", REGION).assume_role(RoleArn=arn, RoleSessionName="server-1")
    for key, document in zip(DOCUMENTS, (issuer.discovery(), issuer.keys()), strict=True):
        s3_of(made, server["Credentials"]).put_object(
            Bucket=BUCKET, Key=key, Body=json.dumps(document)
        )
    return issuer


def take(aws: EmbeddedAws, issuer: TokenIssuer, *, account: str, role: str) -> dict[str, str]:
    token = issuer.token(
        namespace="postgres",
        account=account,
        audiences=["sts.amazonaws.com"],
        now=time.time(),
        seconds=3600,
    )
    arn = f"arn:aws:iam::{aws.account}:role/{role}"
    taken: dict[str, str] = anybody(aws, "sts").assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="pod", WebIdentityToken=token
    )["Credentials"]
    return taken


def may_put(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    except s3.exceptions.ClientError as refused:
        return "AccessDenied" not in str(refused)
    return True


def test_a_database_pod_archives_and_writes_no_dump(made: EmbeddedAws, issuer: TokenIssuer) -> None:
    role = "pgtwin-primary-database"
    s3 = s3_of(made, take(made, issuer, account="postgres-cluster", role=role))

    assert may_put(s3, backups(made), "physical/postgres-cluster/wals/1")
    assert not may_put(s3, backups(made), "dumps/app_db/1")
    assert not may_put(s3, BUCKET, DOCUMENTS[1])


def test_the_dumps_pod_dumps_and_does_not_archive(made: EmbeddedAws, issuer: TokenIssuer) -> None:
    s3 = s3_of(made, take(made, issuer, account="dump", role="pgtwin-primary-dump"))

    assert may_put(s3, backups(made), "dumps/app_db/1")
    assert not may_put(s3, backups(made), "physical/postgres-cluster/wals/1")


def test_the_dumps_pod_does_not_take_the_databases_role(
    made: EmbeddedAws, issuer: TokenIssuer
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        take(made, issuer, account="dump", role="pgtwin-primary-database")


def test_a_fence_closes_the_archive_to_the_pods_of_a_region_too(
    made: EmbeddedAws, issuer: TokenIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "pgtwin-primary-database"
    s3 = s3_of(made, take(made, issuer, account="postgres-cluster", role=role))
    key = "physical/postgres-cluster/wals/2"
    for name, value in made.environment(REGION).items():
        monkeypatch.setenv(name, value)
    primary = sites(issuing())["primary"]

    primary.close_archive("postgres-cluster")

    assert not may_put(s3, backups(made), key)
    primary.open_archive()
    assert may_put(s3, backups(made), key)


@pytest.mark.usefixtures("issuer")
def test_everybody_reads_the_documents_and_nothing_else(made: EmbeddedAws) -> None:
    public = anybody(made, "s3")
    for key in DOCUMENTS:
        assert json.loads(public.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    for key in ("another", "openid/v1/jwks.old"):
        with pytest.raises(ClientError, match=r"403|AccessDenied"):
            public.get_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        public.list_objects_v2(Bucket=BUCKET)
    assert not may_put(public, BUCKET, DOCUMENTS[1])


@pytest.mark.usefixtures("issuer")
def test_not_even_an_administrator_writes_the_documents(made: EmbeddedAws) -> None:
    assert not may_put(made.client("s3", REGION), BUCKET, DOCUMENTS[1])
