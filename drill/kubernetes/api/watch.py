"""Watches: the changes of a resource as they happen."""

import time
from collections.abc import Iterator
from typing import Any

from drill.kubernetes.api.path import RequestPath
from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.objects.kubernetes_api import KubernetesApi
from drill.kubernetes.objects.registry import Change
from drill.kubernetes.objects.selectors import matches_fields, matches_labels

_DEFAULT_TIMEOUT_SECONDS = 300.0
_POLL_SECONDS = 0.5


class ObjectWatch:
    """Serves `?watch=true`. Bookmarks are not sent; history is never compacted."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    def events(self, request: ApiRequest) -> Iterator[dict[str, Any]]:
        """Watch events after the resource version asked for, until the timeout asked for.

        Raises:
            StatusError: 404 for a kind that is not served.
        """
        path = RequestPath.parse(request.path)
        resource = self._api.resources.by_path(path.group, path.version, path.plural)
        version = int(request.option("resourceVersion") or 0)
        seconds = float(request.option("timeoutSeconds") or _DEFAULT_TIMEOUT_SECONDS)

        def wanted(change: Change) -> bool:
            namespace = change.object["metadata"].get("namespace", "")
            return (
                change.resource.qualified == resource.qualified
                and (not path.namespace or path.namespace == namespace)
                and (not path.name or path.name == change.object["metadata"]["name"])
                and matches_labels(change.object, request.option("labelSelector"))
                and matches_fields(change.object, request.option("fieldSelector"))
            )

        return self._stream(wanted, version, time.monotonic() + seconds)

    def _stream(self, wanted: Any, version: int, deadline: float) -> Iterator[dict[str, Any]]:
        while time.monotonic() < deadline:
            for change in self._api.registry.changes_after(version, _POLL_SECONDS):
                version = change.version
                if wanted(change):
                    yield {"type": change.type, "object": change.object}
