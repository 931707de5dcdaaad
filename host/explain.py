"""From other libraries' errors to ours, each with the next step."""

import errno

from host.errors import Failed, HostError

_NEXT_STEPS = {
    "compare the role of this machine with stacks/host_roles.py, then repeat": (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    ),
    "the clock may be wrong: chronyc makestep, then repeat": (
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    ),
    "the stack has not made it, or it was deleted: deploy the site again": (
        "NoSuchBucket",
        "NoSuchKey",
        "ParameterNotFound",
        "ResourceNotFoundException",
    ),
    "AWS throttles the calls: repeat in a minute": (
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
    ),
}
_BY_CODE = {code: step for step, codes in _NEXT_STEPS.items() for code in codes}


def explain(error: Exception) -> HostError | None:
    """The same error as one of ours; None where it can only be a mistake in this program."""
    if isinstance(error, HostError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failed(f"the disk is full ({error.filename or 'df -h'}) - make room, then repeat")
    if isinstance(error, OSError):
        return Failed(f"{error} - repeat; if it stays, look at the disk (dmesg, df -h)")
    return _explain_aws(error)


def _explain_aws(error: Exception) -> HostError | None:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        return Failed(f"{error} - {_BY_CODE.get(code, 'repeat')}")
    if isinstance(error, BotoCoreError | Boto3Error):
        return Failed(f"{error} - check the connection to AWS (NAT, endpoints, role), then repeat")
    return None
