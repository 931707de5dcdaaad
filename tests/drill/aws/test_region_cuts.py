"""A region that is cut off is a network failure for its clients, and nothing else is."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from drill.aws.embedded_aws import EmbeddedAws
from drill.failure_modes import Cut
from tests.waiting import HANGS_SECONDS, eventually

PRIMARY, DR = "eu-west-1", "eu-west-2"


def s3(aws: EmbeddedAws, *, through: str, patience_seconds: float = HANGS_SECONDS) -> Any:
    keys = aws.environment(through)
    return boto3.session.Session().client(
        "s3",
        region_name=through,
        endpoint_url=aws.endpoint(through),
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=patience_seconds),
    )


@pytest.fixture(scope="module", autouse=True)
def buckets(aws: EmbeddedAws) -> None:
    for region in (PRIMARY, DR):
        where = {"LocationConstraint": region}
        s3(aws, through=region).create_bucket(
            Bucket=f"bucket-{region}", CreateBucketConfiguration=where
        )


@pytest.fixture
def cut(aws: EmbeddedAws) -> Iterator[None]:
    aws.cut(PRIMARY)
    yield
    aws.heal(PRIMARY)


@pytest.mark.usefixtures("cut")
def test_a_region_that_is_cut_refuses_connections(aws: EmbeddedAws) -> None:
    with pytest.raises(EndpointConnectionError):
        s3(aws, through=PRIMARY).head_bucket(Bucket=f"bucket-{PRIMARY}")


@pytest.mark.usefixtures("cut")
def test_the_other_region_goes_on(aws: EmbeddedAws) -> None:
    s3(aws, through=DR).put_object(Bucket=f"bucket-{DR}", Key="a", Body=b"a")


@pytest.mark.usefixtures("cut")
def test_a_bucket_of_a_cut_region_hangs_up_through_the_other_regions_port(
    aws: EmbeddedAws,
) -> None:
    with pytest.raises(ConnectionClosedError):
        s3(aws, through=DR).head_bucket(Bucket=f"bucket-{PRIMARY}")


@pytest.mark.usefixtures("cut")
def test_a_service_of_a_cut_region_hangs_up_through_the_other_regions_port(
    aws: EmbeddedAws,
) -> None:
    keys = aws.environment(DR)
    ssm = boto3.session.Session().client(
        "ssm",
        region_name=PRIMARY,
        endpoint_url=aws.endpoint(DR),
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(ConnectionClosedError):
        ssm.get_parameter(Name="anything")


@pytest.mark.parametrize(
    ("how", "error"), [("closed", ConnectionClosedError), ("swallowed", ReadTimeoutError)]
)
def test_a_cut_fails_at_its_own_port_as_its_mode_says(
    aws: EmbeddedAws, how: Cut, error: type[Exception]
) -> None:
    aws.cut(PRIMARY, how)
    try:
        with pytest.raises(error):
            s3(aws, through=PRIMARY, patience_seconds=1).head_bucket(Bucket=f"bucket-{PRIMARY}")
    finally:
        aws.heal(PRIMARY)

    s3(aws, through=PRIMARY).head_bucket(Bucket=f"bucket-{PRIMARY}")


def test_a_service_that_is_cut_takes_no_other_with_it(aws: EmbeddedAws) -> None:
    keys = aws.environment(PRIMARY)
    ssm = boto3.session.Session().client(
        "ssm",
        region_name=PRIMARY,
        endpoint_url=aws.endpoint(PRIMARY),
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    aws.cut(PRIMARY, "closed", services=("s3",))
    try:
        with pytest.raises(ConnectionClosedError):
            s3(aws, through=DR).head_bucket(Bucket=f"bucket-{PRIMARY}")
        assert ssm.describe_parameters()["Parameters"] is not None
    finally:
        aws.heal(PRIMARY)


def test_an_open_connection_is_closed_without_an_answer(aws: EmbeddedAws) -> None:
    with socket.create_connection(
        ("127.0.0.1", urlsplit(aws.endpoint(PRIMARY)).port or 0)
    ) as open_:
        open_.sendall(b"GET /bucket-eu-west-1 HTTP/1.1\r\nHost: localhost\r\n")
        time.sleep(0.2)  # so that the server has it, most of the time; both ways end alike

        aws.cut(PRIMARY)

        open_.settimeout(HANGS_SECONDS)
        try:
            answer = open_.recv(1)
        except ConnectionResetError:
            answer = b""
        aws.heal(PRIMARY)
    assert answer == b""


def test_a_healed_region_answers_on_its_port_with_all_that_it_held(aws: EmbeddedAws) -> None:
    before = s3(aws, through=PRIMARY)
    before.put_object(Bucket=f"bucket-{PRIMARY}", Key="kept", Body=b"all of it")
    endpoint = aws.endpoint(PRIMARY)

    for _ in range(3):
        aws.cut(PRIMARY)
        aws.heal(PRIMARY)

    assert aws.endpoint(PRIMARY) == endpoint
    assert before.get_object(Bucket=f"bucket-{PRIMARY}", Key="kept")["Body"].read() == b"all of it"


def test_a_throttled_prefix_refuses_writes_until_its_time_is_over(aws: EmbeddedAws) -> None:
    bucket, client = f"bucket-{PRIMARY}", s3(aws, through=PRIMARY)
    aws.throttle(bucket, "wals/", seconds=60)

    client.put_object(Bucket=bucket, Key="base/1", Body=b"1")
    with pytest.raises(ClientError, match="SlowDown"):
        client.put_object(Bucket=bucket, Key="wals/1", Body=b"1")

    aws.throttle(bucket, "wals/", seconds=0)
    client.put_object(Bucket=bucket, Key="wals/1", Body=b"1")


def test_the_emulator_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal\n"
        "from drill.aws.embedded_aws import EmbeddedAws\n"
        f"aws = EmbeddedAws(('eu-west-1',), log=pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "aws.start()\n"
        "print(aws.endpoint('eu-west-1'), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    endpoint = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    port = urlsplit(endpoint).port or 0

    eventually(lambda: not _listens(port), lambda: "the emulator outlived its parent")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
