"""Deployed roles, through the metadata service, with IAM enforced: what they may and may not."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.imds import Imds
from tests.waiting import HANGS_SECONDS

PRIMARY, DR = "eu-west-1", "eu-west-2"
OWN, OTHER = "backup-bucket-ew1-123456789012", "backup-bucket-ew2-123456789012"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("embedded-aws")]


@pytest.fixture(scope="module")
def enforced(deployment: Deployment) -> Iterator[EmbeddedAws]:
    deployment.embedded.enforce_iam()
    yield deployment.embedded
    deployment.embedded.enforce_iam(enforce=False)


def instance(aws: EmbeddedAws, region: str, node: str) -> str:
    found = aws.client("ec2", region).describe_instances(
        Filters=[{"Name": "tag:pgtwin:node", "Values": [node]}]
    )
    return str(found["Reservations"][0]["Instances"][0]["InstanceId"])


@pytest.fixture(scope="module")
def agent(enforced: EmbeddedAws) -> Iterator[Imds]:
    with Imds(
        enforced, region=PRIMARY, instance=instance(enforced, PRIMARY, "agent-1")
    ) as metadata:
        yield metadata


@pytest.fixture
def client(
    enforced: EmbeddedAws, agent: Imds, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """Clients of the agent, as its programs make them: with nothing but botocore's variables."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", agent.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", enforced.endpoint(PRIMARY))
    monkeypatch.setenv("AWS_DEFAULT_REGION", PRIMARY)
    return lambda service: botocore.session.Session().create_client(service)


def test_a_program_on_a_machine_has_the_role_of_the_machine(client: Callable[[str], Any]) -> None:
    arn = client("sts").get_caller_identity()["Arn"]

    assert ":assumed-role/pgtwin-primary-agent/i-" in arn


def test_nothing_is_served_without_a_session_token(agent: Imds) -> None:
    url = f"{agent.endpoint}/latest/meta-data/instance-id"

    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(url, timeout=HANGS_SECONDS)  # noqa: S310


def test_a_machine_learns_its_tags_and_its_place(agent: Imds) -> None:
    assert _read(agent, "meta-data/tags/instance/pgtwin:node") == "agent-1"
    assert _read(agent, "meta-data/placement/availability-zone") == "eu-west-1a"
    assert '"accountId": "123456789012"' in _read(agent, "dynamic/instance-identity/document")


def test_an_agent_writes_its_own_archive(client: Callable[[str], Any]) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=OWN, Key="physical/postgres-cluster/wals/1", Body=b"wal")

    assert s3.get_object(Bucket=OWN, Key="physical/postgres-cluster/wals/1")["Body"].read()
    s3.put_object(Bucket=OTHER, Key="dumps/app_db/1", Body=b"dump")
    s3.list_objects_v2(Bucket=OTHER, Prefix="physical-dr/")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_object", {"Bucket": OTHER, "Key": "physical-dr/x", "Body": b""}),
        ("put_object", {"Bucket": OWN, "Key": "elsewhere/x", "Body": b""}),
        ("delete_object", {"Bucket": OTHER, "Key": "physical-dr/x"}),
        ("delete_object", {"Bucket": OTHER, "Key": "dumps/app_db/1"}),
        ("delete_object", {"Bucket": OWN, "Key": "dumps/app_db/1"}),
        ("create_multipart_upload", {"Bucket": OTHER, "Key": "physical-dr/x"}),
        ("delete_bucket", {"Bucket": OWN}),
        ("list_buckets", {}),
    ],
)
def test_an_agent_may_not(
    client: Callable[[str], Any], operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        getattr(client("s3"), operation)(**arguments)


def test_a_bulk_deletion_in_the_other_bucket_deletes_nothing(
    client: Callable[[str], Any], enforced: EmbeddedAws
) -> None:
    enforced.client("s3", DR).put_object(Bucket=OTHER, Key="physical-dr/kept", Body=b"kept")

    answer = client("s3").delete_objects(
        Bucket=OTHER, Delete={"Objects": [{"Key": "physical-dr/kept"}]}
    )

    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    enforced.client("s3", DR).head_object(Bucket=OTHER, Key="physical-dr/kept")


def test_an_agent_reads_its_own_token_and_not_the_servers(client: Callable[[str], Any]) -> None:
    secretsmanager = client("secretsmanager")
    secretsmanager.get_secret_value(SecretId="pgtwin/primary/k3s-agent-token")

    with pytest.raises(ClientError, match="AccessDenied"):
        secretsmanager.get_secret_value(SecretId="pgtwin/primary/k3s-server-token")


def test_an_agent_reads_its_bundles_pointer_and_not_the_writers_record(
    client: Callable[[str], Any],
) -> None:
    ssm = client("ssm")
    ssm.get_parameter(Name="/pgtwin/pgtwin/primary/bundle")

    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.put_parameter(Name="/pgtwin/pgtwin/record", Value="{}", Type="String")


def test_a_signal_reaches_the_wait_condition(
    client: Callable[[str], Any], enforced: EmbeddedAws
) -> None:
    url = client("ssm").get_parameter(Name="/pgtwin/pgtwin/primary/signal")["Parameter"]["Value"]
    body = b'{"Status": "FAILURE", "Reason": "no disk", "UniqueId": "server-1", "Data": ""}'
    request = urllib.request.Request(url, data=body, method="PUT")  # noqa: S310

    for _ in range(2):  # a retry of the same signal is the same signal
        urllib.request.urlopen(request, timeout=HANGS_SECONDS).close()  # noqa: S310

    (signal,) = enforced.signals(url)
    assert (signal.status, signal.reason, signal.unique_id) == ("FAILURE", "no disk", "server-1")


def _read(metadata: Imds, path: str) -> str:
    ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    token = urllib.request.Request(  # noqa: S310
        f"{metadata.endpoint}/latest/api/token", headers=ttl, method="PUT"
    )
    with urllib.request.urlopen(token, timeout=HANGS_SECONDS) as answer:  # noqa: S310
        header = {"X-aws-ec2-metadata-token": answer.read().decode()}
    read = urllib.request.Request(f"{metadata.endpoint}/latest/{path}", headers=header)  # noqa: S310
    with urllib.request.urlopen(read, timeout=HANGS_SECONDS) as answer:  # noqa: S310
        return str(answer.read().decode())
