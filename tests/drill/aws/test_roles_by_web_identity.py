"""A role for a service account, made by a template and taken by botocore with nothing but a file.

The issuer's documents lie in the emulated S3, and STS verifies each token against them.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from drill.aws.embedded_aws import EmbeddedAws
from drill.kubernetes.service_account_tokens import DISCOVERY_PATH, KEYS_PATH, TokenIssuer

REGION, BUCKET = "eu-west-1", "issuer-ew1"
URL = f"https://{BUCKET}.s3.{REGION}.amazonaws.com"
NAME = URL.removeprefix("https://")
ROLE = "pods-of-the-database"
SUBJECT = "system:serviceaccount:postgres:postgres-cluster"
OPEN = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
)
DOCUMENTS = [f"arn:aws:s3:::{BUCKET}{path}" for path in (DISCOVERY_PATH, KEYS_PATH)]


def policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def template() -> dict[str, Any]:
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": {"Fn::GetAtt": ["Issuer", "Arn"]}},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{NAME}:sub": SUBJECT, f"{NAME}:aud": "sts.amazonaws.com"}},
    }
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    return {
        "Documents": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": BUCKET, "PublicAccessBlockConfiguration": OPEN},
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Documents"},
                "PolicyDocument": policy({**everyone, "Resource": DOCUMENTS}),
            },
        },
        "Issuer": {
            "Type": "AWS::IAM::OIDCProvider",
            "Properties": {"Url": URL, "ClientIdList": ["sts.amazonaws.com"]},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": ROLE,
                "AssumeRolePolicyDocument": policy(trusted),
                "Policies": [{"PolicyName": "rights", "PolicyDocument": policy(lists)}],
            },
        },
    }


@pytest.fixture(scope="module")
def issuer(aws: EmbeddedAws) -> TokenIssuer:
    """An issuer whose documents are where STS looks for them."""
    cloudformation = aws.client("cloudformation", REGION)
    body = json.dumps({"Resources": template()})
    cloudformation.create_stack(StackName="issuer", TemplateBody=body)
    events = cloudformation.describe_stack_events(StackName="issuer")["StackEvents"]
    assert not [each for each in events if "FAILED" in each["ResourceStatus"]]
    made = TokenIssuer(URL)
    s3 = aws.client("s3", REGION)
    for path, document in ((DISCOVERY_PATH, made.discovery()), (KEYS_PATH, made.keys())):
        s3.put_object(Bucket=BUCKET, Key=path.lstrip("/"), Body=json.dumps(document))
    return made


@pytest.fixture
def enforced(aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    aws.enforce_iam()
    yield aws
    aws.enforce_iam(enforce=False)


class Pod:
    """A program with the variables of its pod, and no other credentials."""

    def __init__(self, aws: EmbeddedAws, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._token = folder / "token"
        self._aws = aws
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_ENDPOINT_URL", aws.endpoint(REGION))
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ROLE_ARN", f"arn:aws:iam::{aws.account}:role/{ROLE}")
        patch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(self._token))
        patch.setenv("AWS_MAX_ATTEMPTS", "1")

    def runs_as(self, issuer: TokenIssuer, account: str = "postgres-cluster") -> None:
        self._token.write_text(
            issuer.token(
                namespace="postgres",
                account=account,
                audiences=["sts.amazonaws.com"],
                now=time.time(),
                seconds=3600,
            )
        )

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        return botocore.session.Session().create_client(service, config=config)

    def refusal(self) -> str:
        with pytest.raises(ClientError) as refused:
            self.client("sts").get_caller_identity()
        assert refused.value.operation_name == "AssumeRoleWithWebIdentity"
        return str(refused.value.response["Error"]["Code"])


@pytest.fixture
def pod(
    enforced: EmbeddedAws, issuer: TokenIssuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Pod:
    made = Pod(enforced, tmp_path, monkeypatch)
    made.runs_as(issuer)
    return made


def test_a_pod_has_the_role_of_its_service_account_and_no_more(pod: Pod) -> None:
    arn = pod.client("sts").get_caller_identity()["Arn"]
    pod.client("s3").list_objects_v2(Bucket=BUCKET)

    assert f":assumed-role/{ROLE}/" in arn
    with pytest.raises(ClientError, match="AccessDenied"):
        pod.client("s3").put_object(Bucket=BUCKET, Key="openid/v1/jwks", Body=b"{}")


def test_another_service_account_is_refused(pod: Pod, issuer: TokenIssuer) -> None:
    pod.runs_as(issuer, account="default")

    assert pod.refusal() == "AccessDenied"


def test_a_key_that_is_not_published_is_refused(pod: Pod) -> None:
    pod.runs_as(TokenIssuer(URL))

    assert pod.refusal() == "InvalidIdentityToken"


def test_no_token_is_taken_while_nobody_may_read_the_documents(
    pod: Pod, enforced: EmbeddedAws
) -> None:
    s3 = enforced.client("s3", REGION)
    s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**OPEN, "RestrictPublicBuckets": True}
    )
    said = pod.refusal()
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)

    assert said == "InvalidIdentityToken"


def test_sts_of_a_region_that_is_cut_gives_no_credentials(pod: Pod, enforced: EmbeddedAws) -> None:
    enforced.cut(REGION, services=["sts"])
    try:
        with pytest.raises(ConnectionClosedError):
            pod.client("sts").get_caller_identity()
    finally:
        enforced.heal(REGION)
