"""The drill's API with its scripted operator at work, on an S3 of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto import mock_aws

from drill.kubernetes.cluster_api import ClusterApi
from drill.operator.scripted.operator import ScriptedDelays, ScriptedOperator

BUCKET = "contract"


@contextmanager
def operated_api() -> Iterator[ClusterApi]:
    """Exists while it is entered."""
    with mock_aws(), ClusterApi() as api:
        api.install_operators()
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        s3 = boto3.client("s3", region_name="us-east-1", **keys)
        s3.create_bucket(Bucket=BUCKET)
        operator = ScriptedOperator(
            api=api, s3=s3, delays=ScriptedDelays(look_seconds=0.05, backup_seconds=0)
        )
        operator.start()
        yield api
        operator.stop()
