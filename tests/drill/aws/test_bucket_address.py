"""A bucket is the same bucket, whichever way a request names it."""

import pytest

from drill.aws.bucket_address import bucket_and_key


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("localhost:4566", "/backups/wals/1"),
        ("backups.localhost:4566", "/wals/1"),
        ("198.18.0.2:443", "/backups/wals/1"),
        ("s3.eu-west-1.amazonaws.com", "/backups/wals/1"),
        ("backups.s3.eu-west-1.amazonaws.com", "/wals/1"),
    ],
)
def test_a_bucket_is_found_in_the_path_and_in_the_name_of_the_host(host: str, path: str) -> None:
    assert bucket_and_key(host, path) == ("backups", "wals/1")


def test_a_bucket_may_have_dots_in_its_name() -> None:
    assert bucket_and_key("a.b.s3.eu-west-2.amazonaws.com", "/") == ("a.b", "")
