"""Watches: the changes of a resource as they happen.

To a watch with a selector an object that begins to match is added, and one that no longer matches
is deleted, as it was when it still did (apiserver v0.36 pkg/storage/cacher/cache_watcher.go,
convertToWatchEvent).
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from drill.kubernetes.api.path import RequestPath
from drill.kubernetes.api.request import ApiRequest
from drill.kubernetes.objects.kubernetes_api import KubernetesApi
from drill.kubernetes.objects.registry import Change
from drill.kubernetes.objects.selectors import matches_fields, matches_labels
from drill.kubernetes.resource import Object

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

        def matches(item: Object) -> bool:
            metadata = item["metadata"]
            return (
                (not path.namespace or path.namespace == metadata.get("namespace", ""))
                and (not path.name or path.name == metadata["name"])
                and matches_labels(item, request.option("labelSelector"))
                and matches_fields(item, request.option("fieldSelector"))
            )

        for change in self._changes(version, time.monotonic() + seconds):
            if change.resource.qualified == resource.qualified:
                yield from _event(change, matches)

    def _changes(self, version: int, deadline: float) -> Iterator[Change]:
        while time.monotonic() < deadline:
            for change in self._api.registry.changes_after(version, _POLL_SECONDS):
                version = change.version
                yield change


def _event(change: Change, matches: Callable[[Object], bool]) -> Iterator[dict[str, Any]]:
    """What a watch of the objects that match is told of a change, if anything."""
    did = change.before is not None and matches(change.before)
    does = change.type != "DELETED" and matches(change.object)
    if does:
        yield {"type": "MODIFIED" if did else "ADDED", "object": change.object}
    elif did and change.before:
        metadata = change.before["metadata"] | {"resourceVersion": str(change.version)}
        yield {"type": "DELETED", "object": {**change.before, "metadata": metadata}}
