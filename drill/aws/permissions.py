"""IAM enforcement with the resources and conditions that moto leaves out.

moto checks signatures and actions, but tells its policy check for every service but S3 that the
resource is "*", so that a statement which names one never allows anything; it calls each S3
request by its operation instead of by its permission; it judges no condition, and refuses every
object of a bucket whose policy demands TLS. Here signatures stay moto's, and the verdict is
`policy.judge` over the caller's identity policies and the bucket's policy. Not emulated: KMS, whose
use by S3 and EBS is not checked, and the condition keys that `requests` does not derive. This
module can go when moto evaluates resources and conditions.
"""

import json
from typing import Any

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError
from moto.iam.access_control import AssumedRoleAccessKey, IAMRequestBase, PermissionResult
from moto.iam.models import Policy
from moto.s3.models import FakeBucket

from drill.aws.policy import judge
from drill.aws.public_objects import said_to_everyone
from drill.aws.requests import Request, questions

_create_aws_request = IAMRequestBase._create_aws_request


def install() -> None:
    """Judge by `policy` from now on, once enforcement is switched on."""
    IAMRequestBase.check_action_permitted = _check
    IAMRequestBase._create_aws_request = _signed
    FakeBucket.get_permission = lambda *_: PermissionResult.PERMITTED


def enforce(on: bool) -> None:
    """Check every request from now on, or none."""
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0 if on else float("inf")
    ActionAuthenticatorMixin.request_count = 0


def _signed(request: Any) -> Any:
    """What the caller signed; moto takes a path's parameters for the body of a GET (Route 53)."""
    data = request._data
    if request._method in ("GET", "DELETE"):
        request._data = {}
    try:
        return _create_aws_request(request)
    finally:
        request._data = data


def _check(request: Any, resource: str) -> None:
    """Raise the service's own "access denied" unless every question is answered with allow."""
    if request._action == "sts:GetCallerIdentity":
        return
    asked = Request(
        account=request.account_id,
        region=request._region,
        service=request._service,
        operation=request._action.partition(":")[2],
        method=request._method,
        host=dict(request._headers).get("Host", ""),
        path=request._path,
        body=request._body or b"",
        form=request._data or {},
        principal=_principal(request._access_key),
        user=_user(request._access_key),
    )
    documents = [_document(policy) for policy in request._access_key.collect_policies()]
    for question in questions(asked):
        relevant = [*documents, *said_to_everyone(request.account_id, question.resource)]
        if judge(relevant, question) != "allow":
            _refuse(request)


def _principal(key: Any) -> str:
    """`aws:PrincipalArn`: of who took a role, that of the role (same guide)."""
    if not isinstance(key, AssumedRoleAccessKey):
        return str(key.arn)
    return str(key.backend.get_role(key._owner_role_name).arn)


def _user(key: Any) -> str | None:
    """The id by which a policy knows who took a role: the role's, and the session's name.

    IAM user guide, "Information available in all requests". None for whoever took none.
    """
    if not isinstance(key, AssumedRoleAccessKey):
        return None
    return f"{key.backend.get_role(key._owner_role_name).id}:{key._session_name}"


def _refuse(request: Any) -> None:
    """Answer in the service's own protocol; moto answers those that speak JSON in XML."""
    if any(header.lower() == "x-amz-target" for header in dict(request._headers)):
        who, what = request._access_key.arn, request._action
        message = f"User: {who} is not authorized to perform: {what}"
        raise JsonRESTError("AccessDeniedException", message)
    request._raise_access_denied()


def _document(policy: Any) -> dict[str, Any]:
    if isinstance(policy, Policy):
        policy = next(version.document for version in policy.versions if version.is_default)
    if isinstance(policy, dict) and "policy_document" in policy:
        policy = policy["policy_document"]
    return dict(json.loads(policy) if isinstance(policy, str) else policy)
