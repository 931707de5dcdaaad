"""Requests to an API server over one connection."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

_TIMEOUT_SECONDS = 60


class ApiUnreachable(Exception):  # noqa: N818
    """Nothing answered."""


class ApiRefused(Exception):  # noqa: N818
    """The server answered with a refusal; the text is what kubectl prints."""

    def __init__(self, code: int, status: dict[str, Any], path: str) -> None:
        reason = status.get("reason") or "Unknown"
        message = status.get("message") or path
        super().__init__(f"Error from server ({reason}): {message}")
        self.message = message
        self.code = code
        self.reason = reason


class KubectlClient:
    """Talks JSON to one server; learns its kinds when first asked for one."""

    def __init__(self, server: str) -> None:
        address = urlsplit(server or "http://localhost:8080")
        self.host = address.netloc
        self._connection = http.client.HTTPConnection(
            address.hostname or "localhost", address.port, timeout=_TIMEOUT_SECONDS
        )
        self._served: dict[str, list[dict[str, Any]]] = {}

    def request(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        *,
        body: Any = None,
        content_type: str = "application/json",
        user_agent: str = "kubectl",
    ) -> Any:
        """The answer: a document, or text where the server sends text.

        Raises:
            ApiUnreachable: nothing answered.
            ApiRefused: the server said no.
        """
        given = {name: value for name, value in (query or {}).items() if value}
        address = f"{path}?{urlencode(given, doseq=True)}" if given else path
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"User-Agent": f"{user_agent}/drill", "Content-Type": content_type}
        try:
            self._connection.request(method, address, data, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ApiUnreachable from error
        text = content.decode()
        is_json = "json" in answer.getheader("Content-Type", "")
        if answer.status >= http.client.BAD_REQUEST:
            raise ApiRefused(answer.status, json.loads(text) if is_json else {}, text or path)
        return json.loads(text) if is_json else text

    def kind(self, word: str) -> dict[str, Any] | None:
        """The API resource that `word` means, with its `groupVersion`."""
        plain, _, group = word.lower().partition(".")
        for version in self._versions(group):
            for each in self._served_by(version):
                if plain in (each["name"], each["singularName"], *each.get("shortNames", ())):
                    return each
        return None

    def kind_of(self, value: dict[str, Any]) -> dict[str, Any] | None:
        """The API resource of an object."""
        wanted = (value.get("apiVersion"), value.get("kind"))
        served = self._served_by(str(value.get("apiVersion")))
        return next((k for k in served if (k["groupVersion"], k["kind"]) == wanted), None)

    def path(self, kind: dict[str, Any], namespace: str, name: str = "", more: str = "") -> str:
        """Where an object or a list of them is."""
        within = f"namespaces/{namespace}/" if namespace and kind["namespaced"] else ""
        parts = [f"{_root(kind['groupVersion'])}/{within}{kind['name']}", name, more]
        return "/".join(part for part in parts if part)

    def _versions(self, group: str) -> Iterator[str]:
        """The preferred versions of all groups or of one; asks for no more than is needed."""
        if not group:
            yield "v1"
        for each in self.request("GET", "/apis")["groups"]:
            if group in ("", each["name"]):
                yield each["preferredVersion"]["groupVersion"]

    def _served_by(self, api_version: str) -> list[dict[str, Any]]:
        if api_version not in self._served:
            self._served[api_version] = self._ask_for(api_version)
        return self._served[api_version]

    def _ask_for(self, api_version: str) -> list[dict[str, Any]]:
        try:
            found = self.request("GET", _root(api_version))["resources"]
        except ApiRefused as refused:
            if refused.code == http.client.NOT_FOUND:
                return []
            raise
        return [{**each, "groupVersion": api_version} for each in found if "/" not in each["name"]]


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
