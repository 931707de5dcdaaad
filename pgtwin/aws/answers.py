"""boto3's many errors as the three that a plan tells apart."""

from collections.abc import Iterator
from contextlib import contextmanager

from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable

_REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Unauthorized")
_BUSY = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable")


@contextmanager
def answers(what: str) -> Iterator[None]:
    """Translate what AWS says while `what` is tried.

    Raises:
        SiteUnreachable: no connection, no answer in time, or AWS is too busy to answer.
        SiteRefused: the credentials may not, or there are none.
        SiteFailed: any other error of the service.
    """
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
    )

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _REFUSALS:
            raise SiteRefused(f"{what}: {error}") from error
        if code in _BUSY:
            raise SiteUnreachable(f"{what}: {error}") from error
        raise SiteFailed(f"{what}: {error}") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise SiteRefused(f"{what}: {error}; sign in first, then see pgtwin doctor") from error
    except HTTPClientError as error:
        raise SiteUnreachable(f"{what}: {error}") from error
    except BotoCoreError as error:
        raise SiteFailed(f"{what}: {error}") from error
