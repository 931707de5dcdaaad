"""What anybody may read from S3, without a signature: for the documents of an issuer of tokens.

S3 user guide, "Blocking public access to your Amazon S3 storage". While a bucket or its account
blocks public policies, none is taken (`BlockPublicPolicy`); one that was there before stays, and
does not count (`RestrictPublicBuckets`). What a key of KMS encrypted takes a signature (same guide,
"Using server-side encryption with AWS KMS keys").
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.core.authorization import ActionAuthenticatorMixin
from moto.s3.exceptions import MissingBucket, S3AccessDeniedError
from moto.s3.models import S3Backend, s3_backends
from moto.s3control.models import s3control_backends

from drill.aws.bucket_address import bucket_and_key
from drill.aws.policy import Question, judge

_EVERYONE = ("*", {"AWS": "*"})
_take_policy = S3Backend.put_bucket_policy
_authorize = ActionAuthenticatorMixin._authenticate_and_authorize_s3_action
_ANONYMOUS: dict[str, tuple[str, ...]] = {
    "aws:SecureTransport": ("true",),
    "s3:TlsVersion": ("1.3",),
    "aws:PrincipalArn": (),
    "aws:PrincipalAccount": (),
    "aws:userid": (),
}


def install() -> None:
    """Refuse public policies where they are blocked, and requests without a signature.

    But what everybody may read; moto takes each policy, and knows nobody without a signature.
    """
    S3Backend.put_bucket_policy = _put_bucket_policy
    ActionAuthenticatorMixin._authenticate_and_authorize_s3_action = _authorize_or_public


def bucket_of(url: str) -> str:
    """The bucket that an https URL of S3 names."""
    return _address(url)[0]


def public_object(account: str, url: str) -> bytes | None:
    """What anybody gets from an https URL of S3; None where S3 refuses, or has nothing."""
    return _given_to_everyone(account, *_address(url))


def _given_to_everyone(account: str, bucket: str, key: str) -> bytes | None:
    backend = s3_backends[account]["aws"]
    try:
        found = backend.get_object(bucket, key)
    except MissingBucket:
        return None
    if found is None or found.encryption == "aws:kms" or _is_restricted(account, bucket):
        return None
    resource = f"arn:aws:s3:::{bucket}/{key}"
    question = Question(action="s3:GetObject", resource=resource, context=_ANONYMOUS)
    allowed = judge(said_to_everyone(account, resource), question) == "allow"
    return bytes(found.value) if allowed else None


def _authorize_or_public(
    response: Any, bucket_name: str | None = None, key_name: str | None = None
) -> None:
    if response.headers.get("Authorization") or "X-Amz-Signature=" in response.uri:
        _authorize(response, bucket_name, key_name)
        return
    account, reads = response.current_account, response.method in ("GET", "HEAD")
    if not reads or _given_to_everyone(account, bucket_name or "", key_name or "") is None:
        raise S3AccessDeniedError()


def said_to_everyone(account: str, resource: str | None) -> Iterator[dict[str, Any]]:
    """What the bucket's own policy says to everyone.

    Statements for single principals are not read, since no template here has any that a machine
    depends on.
    """
    if not resource or not resource.startswith("arn:aws:s3:::"):
        return
    name = resource.removeprefix("arn:aws:s3:::").split("/")[0]
    bucket = s3_backends[account]["aws"].buckets.get(name)
    if bucket is None or not bucket.policy:
        return
    statements = json.loads(bucket.policy)["Statement"]
    everyone = [one for one in statements if one.get("Principal") in _EVERYONE]
    yield {"Statement": everyone}


def _put_bucket_policy(backend: Any, bucket_name: str, policy: bytes) -> None:
    blocked = any(each.block_public_policy for each in _blocks(backend.account_id, bucket_name))
    if blocked and any(_is_public(each) for each in json.loads(policy)["Statement"]):
        raise S3AccessDeniedError()
    _take_policy(backend, bucket_name, policy)


def _is_public(statement: Mapping[str, Any]) -> bool:
    """Without any condition; S3 itself takes some conditions for public too."""
    allows = statement["Effect"] == "Allow" and not statement.get("Condition")
    return allows and statement.get("Principal") in _EVERYONE


def _blocks(account: str, bucket: str) -> list[Any]:
    """What blocks public access to a bucket: itself, and its account."""
    each = (
        s3_backends[account]["aws"].get_bucket(bucket).public_access_block,
        s3control_backends[account]["aws"].public_access_block,
    )
    return [block for block in each if block]


def _is_restricted(account: str, bucket: str) -> bool:
    return any(each.restrict_public_buckets for each in _blocks(account, bucket))


def _address(url: str) -> tuple[str, str]:
    """Bucket and key, whether the name or the path says which bucket."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host.endswith(".amazonaws.com"):
        return "", path
    return bucket_and_key(host, path)
