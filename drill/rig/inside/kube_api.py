"""The Kubernetes API by its REST paths, with a client certificate: for the stand-ins' few calls."""

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

Object = dict[str, Any]
_NOT_FOUND, _CONFLICT = 404, 409


class ApiAway(Exception):  # noqa: N818 (what happened)
    """The API did not answer, or answered with an error."""


class KubeApi:
    """One server."""

    def __init__(self, url: str, *, pki: str, identity: str) -> None:
        self._url = url
        self._context = ssl.create_default_context(cafile=f"{pki}/ca.crt")
        self._context.load_cert_chain(f"{pki}/{identity}.crt", f"{pki}/{identity}.key")

    def ready(self) -> bool:
        """Whether the API server says that it is ready."""
        try:
            return self._call("GET", "/readyz") == b"ok"
        except ApiAway:
            return False

    def items(self, path: str) -> list[Object]:
        """The objects of a list."""
        found: list[Object] = json.loads(self._call("GET", path))["items"]
        return found

    def create(self, path: str, item: Object) -> None:
        """Make an object; that it is there already is as good."""
        self._call("POST", path, item, fine=_CONFLICT)

    def merge(self, path: str, patch: Object) -> None:
        """One JSON merge patch."""
        self._call("PATCH", path, patch, kind="application/merge-patch+json")

    def delete(self, path: str) -> None:
        """Delete an object; that it is gone already is as good."""
        self._call("DELETE", path, fine=_NOT_FOUND)

    def _call(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        kind: str = "application/json",
        fine: int = 0,
    ) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 (an https URL of ours)
            self._url + path, data, {"Content-Type": kind}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10, context=self._context) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == fine:
                return b""
            raise ApiAway(f"{method} {path}: {error.code} {error.read()[:300]!r}") from None
        except (OSError, ValueError) as error:
            raise ApiAway(f"{method} {path}: {error}") from None
