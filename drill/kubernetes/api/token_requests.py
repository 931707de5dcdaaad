"""Tokens of service accounts, as the API gives them to whoever asks in JSON.

kubernetes v1.36 pkg/registry/core/serviceaccount/storage/token.go. Not here: what a token is bound
to, which is written down and ends with nothing.
"""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from drill.kubernetes.api.path import RequestPath
from drill.kubernetes.moment import written
from drill.kubernetes.objects.kubernetes_api import KubernetesApi
from drill.kubernetes.resource import Object, Resource
from drill.kubernetes.service_account_tokens import KEYS_PATH, TokenIssuer
from drill.kubernetes.status_error import StatusError

ISSUER = "https://kubernetes.default.svc.cluster.local"
AUDIENCES = (ISSUER, "k3s")
"""Both as k3s sets them (k3s v1.36.4 pkg/daemons/control/server.go)."""
_AN_HOUR = 3600
_LEAST = 600


class TokenRequests:
    """The issuer of one cluster; its key is made when somebody first asks."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    @cached_property
    def _issuer(self) -> TokenIssuer:
        return TokenIssuer(ISSUER)

    def sign_as(self, issuer: str) -> None:
        """Sign by another name, and by the same key, from now on."""
        self._issuer.url = issuer

    def keys(self, path: str) -> dict[str, Any] | None:
        """What verifies the tokens, at its path; None at every other."""
        return self._issuer.keys() if path == KEYS_PATH else None

    def create(self, resource: Resource, path: RequestPath, body: Object) -> Object:
        """Answer a TokenRequest.

        Raises:
            StatusError: where there is no such account, or the token would be too short.
        """
        self._api.get(resource, path.namespace, path.name)
        spec = body.get("spec") or {}
        seconds = int(spec.get("expirationSeconds") or _AN_HOUR)
        if seconds < _LEAST:
            raise StatusError(
                422,
                "Invalid",
                f'TokenRequest.authentication.k8s.io "{path.name}" is invalid: '
                f"spec.expirationSeconds: Invalid value: {seconds}: may not specify a duration "
                "less than 10 minutes",
            )
        audiences = tuple(spec.get("audiences") or AUDIENCES)
        now = datetime.now(UTC)
        token = self._issuer.token(
            namespace=path.namespace,
            account=path.name,
            audiences=audiences,
            now=now.timestamp(),
            seconds=seconds,
        )
        return {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {"name": path.name, "namespace": path.namespace},
            "spec": {**spec, "audiences": list(audiences), "expirationSeconds": seconds},
            "status": {
                "token": token,
                "expirationTimestamp": written(now + timedelta(seconds=seconds)),
            },
        }
