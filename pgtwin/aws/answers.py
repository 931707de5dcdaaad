"""boto3's many errors as the three that a plan tells apart.

What always holds: an error whose effect is unknown becomes SiteUnreachable, never SiteRefused. A
region that is lost refuses, resets, swallows, does not resolve, breaks TLS or answers 5xx; all of
them are "no answer".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pgtwin.errors import SiteError, SiteFailed, SiteRefused, SiteUnreachable

_REFUSALS = frozenset(
    (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "Unauthorized",
        "AuthFailure",
    )
)
_SIGN_IN = frozenset(
    (
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
    )
)
_SIGNED_WRONG = frozenset(
    (
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
    )
)
"""What a request gets that is signed with another key, or dated a quarter of an hour off (AWS'
common errors; `RequestTimeTooSkewed` is S3's own)."""
_NOT_SIGNED_IN = "missing or expired credentials - run: aws sso login, or set AWS_PROFILE"
_SET_THE_CLOCK = (
    "the clock of this computer may be wrong, or the credentials are - "
    "set the clock, or run: aws sso login"
)
_BUSY = frozenset(
    (
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "TooManyRequestsException",
        "TooManyUpdates",
        "SlowDown",
        "ServiceUnavailable",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "RequestTimeout",
    )
)
"""Codes under which a service may answer a later attempt; AWS' common errors and those of the
services that are used here (their API references, "Common Errors")."""
_SERVER_ERROR, _TOO_MANY_REQUESTS = 500, 429


@contextmanager
def answers(what: str) -> Iterator[None]:
    """Translate what AWS says while `what` is tried.

    Raises:
        SiteUnreachable: no connection, no answer in time, or AWS is too busy to answer.
        SiteRefused: the credentials may not, have expired, or there are none.
        SiteFailed: any other error of the service.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise _meaning(what, error) from error


def _meaning(what: str, error: Exception) -> SiteError:
    from boto3.exceptions import Boto3Error
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    credentials = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.TokenRetrievalError,
        exceptions.NoAuthTokenError,
        exceptions.SSOError,
        exceptions.ProfileNotFound,
    )
    silence = (
        exceptions.ConnectionError,
        exceptions.HTTPClientError,
        exceptions.IncompleteReadError,
        ResponseParserError,
        # s3transfer's own retries are used up: the body never came whole.
        Boto3Error,
    )
    if isinstance(error, exceptions.ClientError):
        return _service_error(what, error)
    if isinstance(error, credentials):
        return SiteRefused(f"{what}: {error}; {_NOT_SIGNED_IN}")
    if isinstance(error, silence):
        return SiteUnreachable(f"{what}: {error}")
    return SiteFailed(f"{what}: {error}")


def _service_error(what: str, error: Any) -> SiteError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _REFUSALS:
        return SiteRefused(f"{what}: {error}")
    if code in _SIGN_IN:
        return SiteRefused(f"{what}: {error}; {_NOT_SIGNED_IN}")
    if code in _SIGNED_WRONG:
        return SiteRefused(f"{what}: {error}; {_SET_THE_CLOCK}")
    if code in _BUSY or status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS:
        return SiteUnreachable(f"{what}: {error}")
    return SiteFailed(f"{what}: {error}")
