"""Whatever way a bucket fails in: the scripts say which, and that it may be tried again."""

from pathlib import Path
from types import ModuleType
from typing import Any

import boto3.exceptions
import botocore.exceptions
import pytest

from charts.dump import fetch, upload

CUT = botocore.exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2)
ERRORS = [
    boto3.exceptions.RetriesExceededError(CUT),
    boto3.exceptions.S3UploadFailedError("refused"),
    boto3.exceptions.Boto3Error("any other"),
    CUT,
    botocore.exceptions.ReadTimeoutError(endpoint_url="https://s3"),
    botocore.exceptions.EndpointConnectionError(endpoint_url="https://s3"),
    botocore.exceptions.ResponseStreamingError(error="reset"),
    botocore.exceptions.NoCredentialsError(),
    botocore.exceptions.ClientError(
        {"Error": {"Code": "SlowDown", "Message": "slow"}}, "GetObject"
    ),
]


class FailingBucket:
    """Fails whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            raise self._error

        return fail


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("script", [fetch, upload], ids=lambda script: str(script.__name__))
def test_a_bucket_that_fails_is_exit_code_3_and_named(
    script: ModuleType,
    error: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dump = tmp_path / "20261122T040000Z"
    dump.mkdir()
    (dump / "SHA256SUMS").write_text("")
    for name, value in {
        "DUMP_DIRECTORY": str(tmp_path),
        "DUMP_NAME": dump.name,
        "DUMP_PREFIX": "dumps/app_db",
        "DUMP_BUCKET": "backup=eu-west-1",
        "DUMP_BUCKETS": "backup=eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: FailingBucket(error))

    assert script.main() == 3
    assert f"{error}" in capsys.readouterr().err
