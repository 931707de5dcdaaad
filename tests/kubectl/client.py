"""Requests to the drill's API in this process, and what kubectl asks before it makes one."""

import json
from typing import Any

from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Resource
from drill.kubernetes.status_error import StatusError


class ApiAwayError(Exception):
    """Nothing answers."""


class NotServedError(Exception):
    """A kind that the server does not know; the text is what kubectl prints."""


class Client:
    """Talks to one API as kubectl does with one verb."""

    def __init__(self, api: ClusterApi, verb: str) -> None:
        self._api = api
        self._verb = verb

    def request(
        self, method: str, path: str, query: dict[str, str] | None = None, **body: Any
    ) -> Any:
        """The answer.

        Raises:
            ApiAwayError: nothing answered.
            StatusError: the server refused.
        """
        if self._api.faults.is_api_away:
            raise ApiAwayError
        return self._api.answer(
            ApiRequest(
                method=method,
                path=path,
                query={name: [value] for name, value in (query or {}).items() if value},
                user_agent=f"kubectl-{self._verb}",
                content_type=body.get("content_type", "application/json"),
                body=json.dumps(body["document"]).encode() if "document" in body else b"",
            )
        )

    def resource(self, word: str) -> Resource:
        """What `word` means on the command line."""
        if self._api.faults.is_api_away:
            raise ApiAwayError
        try:
            return self._api.resource(word)
        except StatusError:
            plain = word.partition(".")[0]
            raise NotServedError(
                f'error: the server doesn\'t have a resource type "{plain}"'
            ) from None

    def resource_of(self, item: dict[str, Any]) -> Resource:
        """What serves an object."""
        if self._api.faults.is_api_away:
            raise ApiAwayError
        try:
            return self._api.resource_of(item)
        except StatusError:
            metadata = item["metadata"]
            raise NotServedError(
                f'error: resource mapping not found for name: "{metadata.get("name", "")}" '
                f'namespace: "{metadata.get("namespace", "")}" from "STDIN": no matches for kind '
                f'"{item["kind"]}" in version "{item["apiVersion"]}"\n'
                "ensure CRDs are installed first"
            ) from None


def path_of(resource: Resource, namespace: str, name: str = "", more: str = "") -> str:
    """Where an object or a list of them is served."""
    root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    within = f"namespaces/{namespace}/" if namespace and resource.namespaced else ""
    return "/".join(part for part in (f"{root}/{within}{resource.plural}", name, more) if part)
