"""What anybody may read from the emulated S3, asked of moto itself, without a server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.authorization import ActionAuthenticatorMixin
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import S3Backend, s3_backends
from moto.s3control.models import s3control_backends

from drill.aws import public_objects
from drill.aws.public_objects import bucket_of, public_object

BUCKET = "issuer-ew1"
URL = f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/openid/v1/jwks"
KEYS = {
    "BlockPublicAcls": "false",
    "IgnorePublicAcls": "false",
    "BlockPublicPolicy": "false",
    "RestrictPublicBuckets": "false",
}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket with one document that its policy lets everybody read."""
    monkeypatch.setattr(S3Backend, "put_bucket_policy", S3Backend.put_bucket_policy)
    signed = ActionAuthenticatorMixin._authenticate_and_authorize_s3_action
    monkeypatch.setattr(ActionAuthenticatorMixin, "_authenticate_and_authorize_s3_action", signed)
    public_objects.install()
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, "eu-west-1")
    backend.put_object(BUCKET, "openid/v1/jwks", b"keys")
    backend.put_object(BUCKET, "another", b"else")
    backend.put_bucket_policy(BUCKET, policy())
    yield backend
    backend.reset()
    s3control_backends[DEFAULT_ACCOUNT_ID]["aws"].reset()


def policy(**more: Any) -> bytes:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", **more}
    everyone["Resource"] = f"arn:aws:s3:::{BUCKET}/openid/*"
    return json.dumps({"Version": "2012-10-17", "Statement": [everyone]}).encode()


def read(url: str = URL) -> bytes | None:
    return public_object(DEFAULT_ACCOUNT_ID, url)


def block_account(**what: str) -> None:
    control = s3control_backends[DEFAULT_ACCOUNT_ID]["aws"]
    control.put_public_access_block(DEFAULT_ACCOUNT_ID, {**KEYS, **what})


@pytest.mark.usefixtures("s3")
def test_a_policy_for_everybody_opens_what_it_names_and_nothing_else() -> None:
    assert read() == b"keys"
    assert read(f"https://s3.eu-west-1.amazonaws.com/{BUCKET}/openid/v1/jwks") == b"keys"
    assert read(URL.replace("openid/v1/jwks", "another")) is None
    assert read(URL.replace("jwks", "none")) is None
    assert read(URL.replace(BUCKET, "no-bucket")) is None


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("url", ["http", "https://issuer.example/openid/v1/jwks"])
def test_what_is_no_address_of_s3_is_nothing(url: str) -> None:
    assert read(URL.replace("https", "http") if url == "http" else url) is None


def test_a_policy_for_one_principal_opens_nothing_for_everybody(s3: Any) -> None:
    s3.put_bucket_policy(BUCKET, policy(Principal={"AWS": "arn:aws:iam::123456789012:root"}))

    assert read() is None


def test_what_a_key_of_kms_encrypted_nobody_reads_without_a_signature(s3: Any) -> None:
    s3.put_object(BUCKET, "openid/v1/jwks", b"keys", encryption="aws:kms")

    assert read() is None


def test_a_bucket_that_is_restricted_is_open_to_nobody_whatever_its_policy_says(s3: Any) -> None:
    s3.put_public_access_block(BUCKET, {**KEYS, "RestrictPublicBuckets": "true"})

    assert read() is None


@pytest.mark.usefixtures("s3")
def test_an_account_that_is_restricted_has_no_open_bucket() -> None:
    block_account(RestrictPublicBuckets="true")

    assert read() is None


def test_an_account_that_blocks_public_policies_takes_none(s3: Any) -> None:
    block_account(BlockPublicPolicy="true")

    with pytest.raises(S3AccessDeniedError):
        s3.put_bucket_policy(BUCKET, policy())
    assert read() == b"keys", "the one before stays, and counts"


def test_a_bucket_that_blocks_public_policies_takes_those_that_are_none(s3: Any) -> None:
    s3.put_public_access_block(BUCKET, {**KEYS, "BlockPublicPolicy": "true"})

    s3.put_bucket_policy(BUCKET, policy(Effect="Deny"))
    with pytest.raises(S3AccessDeniedError):
        s3.put_bucket_policy(BUCKET, policy())


def test_the_bucket_of_an_address_is_known_by_its_name_or_its_path() -> None:
    assert bucket_of(URL) == BUCKET
    assert bucket_of(f"https://s3.eu-west-1.amazonaws.com/{BUCKET}/x") == BUCKET
