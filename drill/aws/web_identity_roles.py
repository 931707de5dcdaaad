"""AssumeRoleWithWebIdentity as STS answers it: moto gives everybody credentials of every role.

The caller signs nothing: the token is what says who asks, and the role's trust policy is asked
whether that identity may take it. This module can go when moto verifies tokens.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse

from drill.aws.policy import Question, judge
from drill.aws.public_objects import bucket_of, public_object
from drill.aws.web_identity import Identity, IdentityRefused, identify

ACTION = "AssumeRoleWithWebIdentity"
_FOR_AN_HOUR = 3600
_assume = TokenResponse.assume_role_with_web_identity
_authorize = ActionAuthenticatorMixin._authenticate_and_authorize_normal_action


def install(reachable: Callable[[str], bool]) -> None:
    """Verify tokens from now on; `reachable` tells whether S3 answers for a bucket."""

    def assume(response: Any) -> Any:
        try:
            _judge(response, reachable)
        except IdentityRefused as refused:
            raise STSClientError(refused.code, refused.message) from None
        return _assume(response)

    TokenResponse.assume_role_with_web_identity = assume
    ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = _unless_by_token


def _unless_by_token(response: Any, resource: str = "*") -> None:
    if response._get_action() != ACTION:
        _authorize(response, resource)


def _judge(response: Any, reachable: Callable[[str], bool]) -> None:
    account = response.current_account
    iam = iam_backends[account]["aws"]

    def published(url: str) -> bytes | None:
        return public_object(account, url) if reachable(bucket_of(url)) else None

    identity = identify(
        response._get_param("WebIdentityToken") or "",
        providers={each.url: tuple(each.client_id_list) for each in iam.open_id_providers.values()},
        published=published,
        now=time.time(),
    )
    try:
        role = iam.get_role_by_arn(response._get_param("RoleArn"))
    except NotFoundException:
        raise IdentityRefused("AccessDenied", f"Not authorized to perform sts:{ACTION}") from None
    provider = f"arn:aws:iam::{account}:oidc-provider/{identity.issuer}"
    if not trusts(json.loads(role.assume_role_policy_document), provider, identity):
        raise IdentityRefused("AccessDenied", f"Not authorized to perform sts:{ACTION}")
    wanted = response._get_int_param("DurationSeconds", _FOR_AN_HOUR)
    if wanted > int(role.max_session_duration or _FOR_AN_HOUR):
        raise IdentityRefused(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def trusts(document: Mapping[str, Any], provider: str, identity: Identity) -> bool:
    """Whether a role's trust policy lets this identity of this provider take the role."""
    statements = [each for each in document["Statement"] if _names(each, provider)]
    # Whatever else of the token a condition asks for is not in it.
    absent = {
        key: ()
        for statement in statements
        for tests in statement.get("Condition", {}).values()
        for key in tests
        if key.startswith(f"{identity.issuer}:")
    }
    known = {**absent, **identity.context()}
    question = Question(action=f"sts:{ACTION}", resource=None, context=known)
    return judge([{"Statement": statements}], question) == "allow"


def _names(statement: Mapping[str, Any], provider: str) -> bool:
    principal = statement.get("Principal", {})
    federated = principal.get("Federated", []) if isinstance(principal, dict) else []
    return provider in ([federated] if isinstance(federated, str) else federated)
